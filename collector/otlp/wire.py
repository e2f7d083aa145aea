"""The wire format of protobuf, as far as it takes to see how much there is before anything is parsed.

A parser takes up to thirty bytes of memory for a field of two bytes.
"""

from google.protobuf.message import DecodeError


def count_fields(data: bytes, most: int) -> int:
    """How many fields a message has, those within others not counted; more than `most` are not counted to the end.

    Raises `DecodeError` where the bytes are no message.
    """
    position = count = 0
    try:
        while position < len(data) and count <= most:
            position = _behind(data, position)
            count += 1
    except IndexError:
        raise DecodeError("the message is cut") from None
    return count


def _behind(data: bytes, position: int) -> int:
    """Where the field that begins here ends."""
    tag, position = _varint(data, position)
    match tag & 7:
        case 0:  # a number
            return _varint(data, position)[1]
        case 1:  # eight bytes
            return position + 8
        case 2:  # bytes, text, or a message
            size, position = _varint(data, position)
            return position + size
        case 5:  # four bytes
            return position + 4
    raise DecodeError("a field of a kind that is not sent any more")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number, and where it ends."""
    number = shift = 0
    while data[position] & 0x80:
        number |= (data[position] & 0x7F) << shift
        shift += 7
        position += 1
        if shift > 63:
            raise DecodeError("a number of more than 64 bits")
    return number | data[position] << shift, position + 1
