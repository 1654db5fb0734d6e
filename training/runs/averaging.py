"""Average a generator's weights over the steps, and measure its BatchNorm statistics to match."""

import keras

from training.networks.inputs import Inputs, count_of, rows_of
from training.networks.normalization import BatchNorm
from training.runs.samples import ready


def copy_averaged(model: keras.Model, generator: keras.Model, target: keras.Model) -> None:
    """Copy `generator`, a network of `model`, into its twin `target`.

    Trainable variables come from the optimizer's moving average where it keeps one, the others
    as they are. They are copies indeed: the next step may reuse the memory of its own.
    """
    optimizer, averages = model.optimizer, {}
    if optimizer.use_ema:
        averages = {
            id(variable): average
            for variable, average in zip(
                model.trainable_variables, optimizer._model_variables_moving_average, strict=True
            )
        }
    for variable, twin in zip(generator.variables, target.variables, strict=True):
        twin.assign(keras.ops.copy(averages.get(id(variable), variable)))


def recalibrate(generator: keras.Model, inputs: Inputs, batch: int) -> None:
    """Set BatchNorm's moving averages to the plain mean over `inputs` (see `sample_inputs`).

    Averaged weights give activations that no training step has seen, so the statistics gathered
    while training do not fit them.
    """
    norms = [layer for layer in generator.layers if isinstance(layer, BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for index in range(count_of(inputs) // batch):
        for norm in norms:
            norm.momentum = index / (index + 1)  # Makes the moving average a cumulative mean.
        rows = rows_of(inputs, index * batch, (index + 1) * batch)
        generator(ready(generator, rows), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
