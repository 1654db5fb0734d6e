"""The adversarial train step on TensorFlow: one gradient tape, read once for each player."""

import tensorflow as tf


def configure(precision: str) -> None:
    """Keep TensorFlow 2.19's graph remapper from failing, with an error on the screen.

    It cannot fuse a biased convolution with a LeakyReLU whose gradient is taken, and gives up on
    the whole graph. Under mixed precision a cast stands between the two.
    """
    tf.config.optimizer.set_experimental_options({"remapping": precision != "float32"})


class AdversarialStep:
    """Mixin for `keras.Model`: `train_step` over `losses`, `player_variables` and `track`.

    On several devices it runs once on each, over its share of the batch.
    """

    def train_step(self, batch):
        """One forward pass, one gradient a player, one optimizer step; returns the logs."""
        replicas = _replicas()
        with tf.GradientTape(persistent=True) as tape:
            losses, logs = self.losses(batch)
            # Gradients are summed over the replicas, and a loss is a mean over the batch.
            scaled = {
                player: self.optimizer.scale_loss(loss if replicas == 1 else loss / replicas)
                for player, loss in losses.items()
            }
        gradients: dict[int, tf.Tensor] = {}
        for player, variables in self.player_variables().items():
            pulled = tape.gradient(scaled[player], variables)
            for variable, gradient in zip(variables, pulled, strict=True):
                # A model that grows does not use all of its variables yet.
                unused = gradient is None
                gradients[id(variable)] = tf.zeros_like(variable) if unused else gradient
        self.optimizer.apply(
            [gradients[id(v)] for v in self.trainable_variables], self.trainable_variables
        )
        logs = self.track(losses, logs)
        if isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy):
            # Keras takes the mean over machines along an axis, which a scalar has not.
            logs = {name: value[None] for name, value in logs.items()}
        return logs

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # The networks are built. Keras would average a batch over the replicas to trace it, which
        # fails for tuples of pictures on several machines.
        pass


def batch_moments_and_normalize(x, gamma, beta, epsilon: float):
    """Normalise float32 [B, H, W, C] by its own moments; returns (y, mean [C], variance [C]).

    On several devices by those of the whole batch, of which x is this one's share.
    """
    gamma, beta = tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta)
    if _replicas() > 1:
        mean = _mean_over_replicas(x)
        variance = _mean_over_replicas(tf.square(x - mean))
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon), mean, variance
    y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        x, gamma, beta, epsilon=epsilon, is_training=True
    )
    # The kernel reports the unbiased variance; Keras keeps the biased one.
    count = tf.cast(tf.size(x) / tf.size(gamma), variance.dtype)
    return y, mean, variance * (count - 1.0) / count


def _replicas() -> int:
    """How many replicas the step that is being traced runs on; 1 outside of it."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def _mean_over_replicas(x):
    mean = tf.reduce_mean(x, axis=(0, 1, 2))  # [C]
    return tf.distribute.get_replica_context().all_reduce("MEAN", mean)


def accelerator() -> str | None:
    """Name the GPU or TPU that trains, None on a CPU."""
    for kind in ("GPU", "TPU"):
        devices = tf.config.list_physical_devices(kind)
        if devices:
            details = tf.config.experimental.get_device_details(devices[0])
            return str(details.get("device_name", kind))
    return None


def accelerator_peak() -> int | None:
    """Bytes of the GPU's memory that were taken at most so far; None where it is not known."""
    if not tf.config.list_physical_devices("GPU"):
        return None
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
