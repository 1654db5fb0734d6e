"""Every bundle that ships, as ONNX files: they make the pictures that LiteRT makes."""

import json
from pathlib import Path

import numpy as np
import onnx as standard
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder
from onnx.reference import ReferenceEvaluator
from PIL import Image

from demo.bundles import shipped
from demo.cards import load_card
from demo.sizes import sides_of
from export import onnx, tflite
from export.formats import FORMATS
from export.parity import check, one_by_one

pytestmark = pytest.mark.release


def float_file(source: Path, target: Path) -> Path:
    """Write a TFLite file anew with integers as floats: not every bundle has a float file.

    What was an integer with a scale, weight or not, is the float that it stands for. So operations
    that change scales do nothing any more, and are left out.
    """
    model = schema.ModelT.InitFromPackedBuf(source.read_bytes(), 0)
    (graph,), (signature,) = model.subgraphs, model.signatureDefs
    for tensor in graph.tensors:
        if tensor.quantization and tensor.quantization.scale is not None:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data):
                tensor.buffer = len(model.buffers)
                model.buffers.append(schema.BufferT(data=floats(tensor, bytes(data))))
            tensor.type, tensor.quantization = schema.TensorType.FLOAT32, None
    codes = [model.operatorCodes[each.opcodeIndex].builtinCode for each in graph.operators]
    kept, gone = [], {}
    for operation, code in zip(graph.operators, codes, strict=True):
        if code == schema.BuiltinOperator.QUANTIZE:
            gone[operation.outputs[0]] = operation.inputs[0]
        else:
            kept.append(operation)
    for operation in kept:
        operation.inputs = [gone.get(index, index) for index in operation.inputs]
        if hasattr(operation.builtinOptions, "asymmetricQuantizeInputs"):
            operation.builtinOptions.asymmetricQuantizeInputs = False
    graph.operators = kept
    graph.outputs = [gone.get(index, index) for index in graph.outputs]
    for each in signature.outputs:
        each.tensorIndex = gone.get(each.tensorIndex, each.tensorIndex)
    builder = Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    target.write_bytes(builder.Output())
    return target


def floats(tensor: schema.TensorT, data: bytes) -> np.ndarray:
    """The bytes of the floats that a tensor's integers stand for; each channel may have a scale."""
    types = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}
    shape = np.ones(len(tensor.shape), int)
    if len(tensor.quantization.scale) > 1:
        shape[tensor.quantization.quantizedDimension] = -1
    step = np.reshape(tensor.quantization.scale, shape)
    zero = np.reshape(tensor.quantization.zeroPoint, shape).astype(float)
    codes = np.frombuffer(data, types[tensor.type]).reshape(tensor.shape)
    return np.frombuffer(((codes - zero) * step).astype("<f4").tobytes(), np.uint8)


def known(bundle: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The known input of a bundle's card, as a batch of one, and its answer."""
    told = json.loads((bundle / "card.json").read_text())["check"]
    with Image.open(bundle / told["answer"]) as picture:
        answer = np.asarray(picture.convert("RGB"), np.float32)
    if "drawing" in told:
        with Image.open(bundle / told["drawing"]) as picture:
            inputs = {"sketch": np.asarray(picture.convert("RGB"))[None]}
        if "look" in told:
            inputs["look"] = np.array(told["look"], np.uint8)[None, None, None]
        return inputs, answer[None]
    given = {"noise": np.array(told["noise"], np.float32)[None]}
    if "label" in told:
        given["label"] = np.array([told["label"]], np.int32)
    return given, answer[None]


@pytest.mark.parametrize("bundle", shipped(), ids=lambda folder: folder.name)
def test_the_onnx_files_make_the_same_pictures(bundle, tmp_path):
    card = load_card(bundle)
    file = float_file(next(iter(card.files.values())).path, tmp_path / "generator.tflite")
    inputs, answer = known(bundle)
    reference = tflite.run(file, inputs).photos
    check(file.name, reference, answer, floor=28)
    large = onnx.from_tflite(file)
    small = onnx.in_float16(large)
    for key, model in {"onnx-float32": large, "onnx-float16": small}.items():
        path = tmp_path / FORMATS[key].path
        standard.checker.check_model(model, full_check=True)
        standard.save(model, path)
        parity = check(path.name, onnx.run(path, inputs).photos, reference, FORMATS[key].floor)
        print(f"{bundle.name} {key}: {parity.psnr:.1f} dB")
    if max(sides_of(card.size)) < 256:  # It takes minutes.
        # Every operation in float16, as on a GPU; ONNX Runtime computes in float32 on a CPU.
        (given,) = one_by_one(inputs)
        (photos,) = ReferenceEvaluator(small).run(["photo"], given)
        parity = check("in float16", np.asarray(photos), reference, FORMATS["onnx-float16"].floor)
        print(f"{bundle.name} computed in float16: {parity.psnr:.1f} dB")
