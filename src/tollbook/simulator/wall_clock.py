"""The PBX's own clock: instants to wall time as text, right across DST changes, wrong on demand.

Fast because a million rows need three million wall times: date and hour are looked up once
per quarter of an hour. Since 1972 every zone is whole quarters away from UTC; instants
before that are not supported.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tollbook.simulator.row import CallRow

_QUARTER_S = 900
_WITHIN_HOUR = tuple(f"{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))


class WallClock:
    """Epoch seconds to the wall time of a zone, as text."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._quarters: dict[int, tuple[str, int]] = {}

    def text(self, epoch_s: int) -> str:
        """ISO wall time of an instant, without its offset."""
        quarter = epoch_s // _QUARTER_S
        try:
            hour, base = self._quarters[quarter]
        except KeyError:
            hour, base = self._look_up(quarter)
        return hour + _WITHIN_HOUR[epoch_s + base]

    def _look_up(self, quarter: int) -> tuple[str, int]:
        """Date and hour of a quarter, and what makes an instant in it an index into the hour."""
        start_s = quarter * _QUARTER_S
        local = datetime.fromtimestamp(start_s, UTC).astimezone(self.zone)
        found = f"{local:%Y-%m-%d %H:}", local.minute * 60 - start_s
        self._quarters[quarter] = found
        return found


def moved(row: CallRow, clock: WallClock, *, wall_s: int, epoch_s: int) -> CallRow:
    """The row as a PBX with a wrong clock writes it: wall times and unique id off by seconds.

    What the row is meant to say moves with the unique id.
    """
    total_s, talk_s = int(row.total_duration), int(row.talking_duration)
    start_s = row.started_s + wall_s
    start, dot, sequence = row.unique_id.partition(".")
    return row._replace(
        start_time=clock.text(start_s),
        answer_time=clock.text(start_s + total_s - talk_s) if row.answer_time else "",
        end_time=clock.text(start_s + total_s),
        unique_id=f"{int(start) + epoch_s}{dot}{sequence}",
        started_s=row.started_s + epoch_s,
    )
