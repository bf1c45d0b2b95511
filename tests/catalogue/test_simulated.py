"""What the simulator writes in a format is what the dialect reads: neither knows the other's code."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.catalogue.found import DIALECTS, assembled
from tollbook.dialects.authoring.cases import Dialect, usual_arrival
from tollbook.dialects.authoring.detecting import detect
from tollbook.dialects.known import layouts
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.simulator.formats import OfficeCall, PastCalls, calls_between, find, found_in
from tollbook.simulator.office import Office

END = datetime(2026, 2, 20, tzinfo=UTC)
PAST = PastCalls(
    office=Office(zone=ZoneInfo("UTC"), seed=5),
    start=datetime(2026, 2, 1, tzinfo=UTC),
    end=END,
    calls=300,
)
SIMULATED = [dialect for slug, dialect in DIALECTS.items() if slug in found_in()]

each_simulated = pytest.mark.parametrize("dialect", SIMULATED, ids=lambda dialect: dialect.slug)


@cache
def past_of(slug: str) -> tuple[list[OfficeCall], bytes]:
    """The calls of an office that the format knows, and what its PBX wrote of them."""
    writer = find(slug).writer()
    calls = list(calls_between(PAST, writer.writes))
    return calls, b"".join(writer.file(calls))


def read(dialect: Dialect) -> Reading:
    cutter = CUTTERS[usual_arrival(dialect.layout)](dialect.layout.framed)
    parts = [cutter.feed(past_of(dialect.slug)[1]), cutter.end()]
    frames = Frames([raw for part in parts for raw in part.raws], [at for part in parts for at in part.offsets])
    arrived = msgspec.structs.replace(frames, received_at=int(END.timestamp()) * 1_000_000)
    return Reader(dialect.layout, Pbx(name="x", dialect=dialect.slug, source="")).read(arrived)


@each_simulated
def test_what_is_simulated_is_read_without_a_reject(dialect: Dialect) -> None:
    reading = read(dialect)

    assert [(reject.reason, reject.raw) for reject in reading.rejected[:3]] == []
    assert len(reading.calls) >= len(past_of(dialect.slug)[0])


@each_simulated
def test_calls_are_read_as_going_the_way_they_went_and_to_the_number_they_had(dialect: Dialect) -> None:
    calls, _ = past_of(dialect.slug)
    read_calls = assembled(dialect, read(dialect).calls)

    assert {str(each) for each in read_calls.direction} == {
        word for call in calls for word in call.words & {"incoming", "outgoing", "internal"}
    }
    digits = {str(each) for each in (*read_calls.caller, *read_calls.called)}
    written = {call.number for call in calls if "outgoing" in call.words}
    assert [number for number in written if not any(number in each or each in number for each in digits if each)] == []


@each_simulated
def test_what_is_simulated_is_detected(dialect: Dialect) -> None:
    data, received_at = past_of(dialect.slug)[1], int(END.timestamp()) * 1_000_000

    assert detect(data, layouts(), CUTTERS, received_at=received_at)[0].slug == dialect.slug
