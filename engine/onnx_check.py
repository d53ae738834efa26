"""Look into a network before onnxruntime does, and refuse what no model here needs and a hostile one might use."""

from collections.abc import Iterator

# Numbers of fields in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that lead from a model to its operators
# and tensors: message -> field -> message.
_FIELDS: dict[str, dict[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_FUNCTION = 25  # of a model
_OP_TYPE = 4  # of a node
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a tensor
_LOOPS = {b"Loop", b"Scan", b"SequenceMap"}
_MAX_DEPTH = 64  # of graphs within graphs
_MAX_FIELDS = 2_000_000  # which takes about a second to look through; the models here have some ten thousand


def find_danger(data: bytes) -> str | None:
    """Why the ONNX file `data` is refused, or None.

    Tensors stored in other files, for the path could be any; loops, for they need not end; operators that the file
    defines itself, for thirty that call one another twice make a billion. Raises ValueError where the bytes are no
    protobuf message.
    """
    pending = [("model", 0, len(data), 0)]
    fields = 0
    while pending:
        kind, start, end, depth = pending.pop()
        if depth > _MAX_DEPTH:
            return "its graphs are nested too deeply"
        inner = _FIELDS.get(kind, {})
        for number, first, last in _fields(data, start, end):
            fields += 1
            if fields > _MAX_FIELDS:
                return "it has too many operators"
            if number in inner:
                pending.append((inner[number], first, last, depth + 1))
            elif kind == "model" and number == _FUNCTION:
                return "it defines operators of its own (functions), which is not allowed"
            elif kind == "node" and number == _OP_TYPE and data[first:last] in _LOOPS:
                return f"it has a loop (operator {data[first:last].decode()}), which is not allowed"
            elif kind == "tensor" and (number == _EXTERNAL_DATA or (number == _DATA_LOCATION and first != last)):
                return "it keeps weights in another file (external data), which is not allowed"
    return None


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, first and last offset of each field of the message data[start:end]. For a number that is not 0 the
    offsets differ, for 0 they are equal; of other scalars they are those of the bytes."""
    while start < end:
        tag, start = _varint(data, start, end)
        kind = tag & 7
        if kind == 2:
            length, start = _varint(data, start, end)
            first, start = start, start + length
        elif kind == 0:
            first = start
            value, start = _varint(data, start, end)
            if value == 0:
                first = start
        elif kind in (1, 5):
            first, start = start, start + (8 if kind == 1 else 4)
        else:
            raise ValueError("not an ONNX file")
        if start > end:
            raise ValueError("not an ONNX file, or a truncated one")
        yield tag >> 3, first, start


def _varint(data: bytes, start: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if start >= end:
            raise ValueError("not an ONNX file, or a truncated one")
        byte = data[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise ValueError("not an ONNX file")
