"""A file of settings read place by place, whatever the size of the chunks it comes in."""

import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.export_stream import ExportStream, read_places
from bot.commands.place_export_json import export_text, read_export
from bot.domain.errors import AskerError
from bot.domain.place import Place, Platform
from bot.domain.place_export import PlaceExport
from tests.builders import NOON, subscription

PLACES = [
    PlaceExport(place, (subscription(place=place, usd=5e7), subscription("okx", place=place)), (("notices", "off"),))
    for place in (Place(Platform.TELEGRAM, "-100", str(number)) for number in range(1, 4))
]
TEXT = export_text(PLACES, NOON)


def read(text: str, chunk: int = 1 << 20) -> list[PlaceExport]:
    file = StringIO(text)
    return list(read_places(lambda count: file.read(min(count, chunk))))


@pytest.mark.parametrize("chunk", [1, 2, 7, 100, 10_000])
def test_it_reads_what_the_other_reader_reads(chunk: int) -> None:
    assert read(TEXT, chunk) == list(read_export(TEXT)) == PLACES


def test_spacing_and_order_make_no_difference() -> None:
    content = json.loads(TEXT)
    backwards = {name: content[name] for name in reversed(content)}
    assert read(json.dumps(backwards)) == PLACES
    assert read(f"\ufeff {json.dumps(content, separators=(',', ':'))}\n ", 3) == PLACES
    assert read(json.dumps(content | {"places": []})) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(values, max_size=4), st.dictionaries(st.text(max_size=3), values, max_size=3), st.integers(1, 9))
def test_any_values_come_through_whole(places: list[Any], header: dict[str, Any], chunk: int) -> None:
    try:
        file = StringIO(json.dumps(header | {"places": places}))
        stream = ExportStream(lambda count: file.read(min(count, chunk)))
        assert list(stream.places()) == places
    except AskerError as refused:
        assert "hidden characters" in str(refused)  # noqa: PT017 — names with control letters are refused
    else:
        assert stream.header == header
        assert stream.has_places


HEADER = '"format": "runwatch-settings", "format_version": 1'
PLACE = '{"place": "telegram:7"}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: “{” was expected"),
        ("[]", "“{” was expected"),
        ("{", "Expecting value"),
        ("{}", "This isn't a file of Runwatch's settings."),
        ("{" + HEADER + "}", "The file names no places."),
        ("{" + HEADER + ', "places": 5}', "The file names no places."),
        ("{" + HEADER + ', "places": [' + PLACE, "a comma or “]” was expected"),
        ("{" + HEADER + ', "places": [' + PLACE + ' "x"]}', "a comma or “]” was expected"),
        ("{" + HEADER + ', "places": [' + PLACE + "]", "a comma or “}” was expected"),
        ("{" + HEADER + ', "places": [' + PLACE + "]} x", "extra data after its end"),
        ("{" + HEADER + ',\n\n"places" [', "line 3: “:” was expected"),
        ("{5: 1}", "a name in quotes was expected"),
        ('{"format": 1, "format": 1}', "The file says “format” twice"),
        ('{"places": [], "places": []}', "The file says “places” twice"),
        ("{" + HEADER + ', "places": [' + PLACE + ", " + PLACE + "]}", "places[1] in the file is telegram:7, as an"),
        ("{" + HEADER + ', "places": [' + "[" * 100_000, "nested too deeply"),
        ("{" + HEADER + ', "more": 1, "places": []}', "more in the file is not known here"),
        ('{"a": "' + "x" * 2_000_000, "longer than 1000000 letters"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(AskerError) as refused:
        read(text)
    assert words in str(refused.value)


def test_a_place_that_is_wrong_is_named_by_its_number() -> None:
    wrong = TEXT.replace('"place": "telegram:-100/3"', '"place": "telegram:-100/x"')
    with pytest.raises(AskerError, match=r"places\[2\].place in the file is “telegram:-100/x”"):
        read(wrong, 50)
