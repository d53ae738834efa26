"""Networks that reach for other files or loop are refused before onnxruntime sees them."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine import onnx_check
from engine.onnx_check import find_danger
from engine.spec import bundled_folder


def model(nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto] | None = None, **options: object) -> bytes:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None])],
        tensors,
    )
    made: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], **options).SerializeToString()
    return made


def external(name: str = "w") -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.ones(4, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return tensor


def inner_graph(node: onnx.NodeProto) -> onnx.GraphProto:
    out = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, [None])
    return helper.make_graph([node], "inner", [], [out])


PLAIN = helper.make_node("Relu", ["x"], ["y"])
LOOP = helper.make_node("Loop", ["m", "c"], ["y"], body=inner_graph(PLAIN))


def test_ordinary_networks_pass(tiny_model: Path) -> None:
    assert find_danger(tiny_model.read_bytes()) is None
    for path in bundled_folder().glob("*.onnx"):
        assert find_danger(path.read_bytes()) is None
    tensor = numpy_helper.from_array(np.ones(4, np.float32), "w")
    tensor.data_location = TensorProto.DEFAULT
    assert find_danger(model([PLAIN], [tensor])) is None


def test_a_name_is_no_operator() -> None:
    node = helper.make_node("Relu", ["x"], ["y"], name="Loop", doc_string="location")
    assert find_danger(model([node])) is None


def test_external_data_is_refused_wherever_it_hides() -> None:
    constant = helper.make_node("Constant", [], ["c"], value=external())
    listed = helper.make_node("Relu", ["x"], ["y"])
    listed.attribute.append(helper.make_attribute("tensors", [external()]))
    branch = helper.make_node("If", ["x"], ["y"], then_branch=inner_graph(constant), else_branch=inner_graph(PLAIN))
    half = external()
    half.ClearField("external_data")
    for data in (
        model([PLAIN], [external()]),
        model([constant]),
        model([listed]),
        model([branch]),
        model([PLAIN], [half]),
    ):
        assert "external data" in str(find_danger(data))


def test_loops_are_refused_wherever_they_hide() -> None:
    scan = helper.make_node("Scan", ["x"], ["y"], body=inner_graph(PLAIN), num_scan_inputs=1)
    branch = helper.make_node("If", ["x"], ["y"], then_branch=inner_graph(LOOP), else_branch=inner_graph(PLAIN))
    for data in (model([LOOP]), model([scan]), model([branch])):
        assert "it has a loop (operator" in str(find_danger(data))


def test_operators_of_the_files_own_are_refused() -> None:
    """Each calls the next one twice: onnxruntime takes 12 s to load fourteen of them, and a day for thirty."""
    own = helper.make_opsetid("own", 1)
    functions = [
        helper.make_function(
            "own", f"f{level}", ["x"], ["y"],
            [helper.make_node(f"f{level + 1}", [a], [b], domain="own") for a, b in (("x", "t"), ("t", "y"))],
            [helper.make_opsetid("", 17), own],
        )
        for level in range(30)
    ]  # fmt: skip
    assert "operators of its own" in str(find_danger(model([PLAIN], functions=functions)))


def test_deep_nesting_is_refused() -> None:
    node = PLAIN
    for _ in range(30):
        node = helper.make_node("If", ["x"], ["y"], then_branch=inner_graph(node), else_branch=inner_graph(PLAIN))
    assert "nested too deeply" in str(find_danger(model([node])))


def test_an_endless_list_of_operators_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_check, "_MAX_FIELDS", 100)
    assert "too many operators" in str(find_danger(model([PLAIN] * 100)))


@pytest.mark.parametrize("data", [b"nonsense", b"\x3a\x05ab", b"\xff" * 20, b"\x0d\x01", b"\x08", b"\x3b"])
def test_what_is_no_message_raises(data: bytes) -> None:
    with pytest.raises(ValueError, match="not an ONNX file"):
        find_danger(data)


def test_damaged_files_raise_nothing_else(tiny_model: Path) -> None:
    data = tiny_model.read_bytes()
    random = np.random.default_rng(5)
    outcomes = set()
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[int(random.integers(len(data)))] = int(random.integers(256))
        try:
            outcomes.add(find_danger(bytes(damaged)) is None)
        except ValueError:
            outcomes.add("refused")
    assert {True, "refused"} <= outcomes
