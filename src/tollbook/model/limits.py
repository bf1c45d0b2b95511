"""Every limit on what comes in from outside, declared once: how much, and what happens to what is beyond.

`reference/limits.md` of the manual is written from this table. Limits that a person can set are options of their
source or sink, and stand in the reference of those.
"""

from __future__ import annotations

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """One limit: what it is on, the largest value that is taken, its unit, and what happens beyond it."""

    on: str
    value: int
    unit: str
    beyond: str


class WayIn(msgspec.Struct, frozen=True):
    """A way in, and the limits on it."""

    title: str
    limits: list[Limit]

    def limit(self, on: str, value: int, unit: str, beyond: str) -> int:
        """Declare a limit and return its value."""
        self.limits.append(Limit(on, value, unit, beyond))
        return value


WAYS: list[WayIn] = []


def way(title: str) -> WayIn:
    """Begin a table of limits; those of pages stand in `page_limits`."""
    begun = WayIn(title, [])
    WAYS.append(begun)
    return begun


_RECORDS = way("Records, from any source")
LARGEST_ENTRY = _RECORDS.limit("a journal entry", 1 << 20, "bytes", "a larger chunk is stored as several entries")
LONGEST_RECORD = _RECORDS.limit(
    "a record without a line end",
    1 << 16,
    "bytes",
    "it is cut there, and each piece is read by itself",
)

SHOWN_OF_A_PAGE = _RECORDS.limit(
    "what is shown of a page, an archive or a damaged record that was rejected",
    4096,
    "bytes",
    "the rest of it is in the journal alone",
)
BATCH_BYTES = _RECORDS.limit(
    "records of a backlog that are stored together",
    128 << 20,
    "bytes",
    "those behind them are stored next",
)
LARGEST_IMPORT = _RECORDS.limit("a file that is imported", 8 << 30, "bytes", "the import ends there, as cut")

LONGEST_ORIGIN = _RECORDS.limit("the name of a file that is imported", 255, "characters", "it is refused")

_HOSTED = way("Answers of hosted telephony (`rest_poll`)")
REST_ANSWER_S = _HOSTED.limit("time for one answer", 600, "seconds", "nothing of it is taken; it is asked again")
REST_PAGES = _HOSTED.limit("pages of one window of time", 10_000, "pages", "an error; the window is asked again")
REST_REMEMBERED = _HOSTED.limit(
    "records that are known without looking into the store",
    200_000,
    "records",
    "those before them are written again, and known by the store",
)

_UPLOADS = way("Files of which somebody first asks what an import would give")
UPLOADS = _UPLOADS.limit("files at once", 8, "files", "another one is refused until one is imported or dropped")
UPLOAD_KEPT_S = _UPLOADS.limit("time that one is kept with which nothing is done", 3600, "seconds", "it is deleted")
UPLOAD_LEAVES = _UPLOADS.limit(
    "room on the disk that it leaves for the journal",
    256 << 20,
    "bytes",
    "the file is refused and deleted; import it without a dry run",
)
DRY_RUN_REJECTS = _UPLOADS.limit("rejects of it that are shown", 10, "records", "the others are counted")
IMPORT_SAMPLE = _UPLOADS.limit(
    "text at a file's beginning by which an import is refused of which nothing can be read",
    1 << 20,
    "bytes",
    "what comes later in the file cannot refuse it",
)

_REJECTS = way("Records that cannot be read, put aside")
REJECTS_ASIDE = _REJECTS.limit("rejects put aside or brought back at once", 50_000, "rejects", "it is refused")
REJECT_NOTE = _REJECTS.limit("the note on why", 200, "characters", "it is refused")

_STREAMS = way("Streams")
REPLAYED_RECORDS = _STREAMS.limit(
    "records that a PBX sends again",
    10_000,
    "records",
    "those before them are new calls",
)
REPLAYED_BYTES = _STREAMS.limit("bytes of them", 1 << 20, "bytes", "those before them are new calls")
REPLAYED_CONNECTIONS = _STREAMS.limit(
    "connections that they can have come by",
    500,
    "connections",
    "those before them are new calls",
)
BEFORE_A_REPLAY = _STREAMS.limit("lines with digits before them, such as a banner", 5, "lines", "all is new")
CONNECTION_HELD = _STREAMS.limit(
    "what waits of a connection until the disk takes it",
    1 << 20,
    "bytes",
    "the PBX is made to wait",
)
DATAGRAMS_HELD = _STREAMS.limit(
    "datagrams of a PBX that wait until the disk takes them",
    8 << 20,
    "bytes",
    "one more is dropped, counted and said",
)
FIRST_LINE = _STREAMS.limit(
    "the first line of a connection, by which it is told whose it is",
    4096,
    "bytes",
    "it is told by what has come",
)
PORT_CONNECTIONS = _STREAMS.limit("connections to a port", 2000, "connections", "one more is closed, and that is said")
PORT_UNDECIDED = _STREAMS.limit(
    "connections to a port of which it is not known yet whose they are",
    500,
    "connections",
    "the oldest of them is closed, and that is said",
)
PORT_DECIDES_S = _STREAMS.limit(
    "time until that is known, TLS included",
    10,
    "seconds",
    "it is told by what has come, or closed",
)
TOLD_REFUSALS = _STREAMS.limit(
    "refusals that differ and wait to be told",
    100,
    "refusals",
    "the peers of more are not named",
)
TOLD_PEERS = _STREAMS.limit(
    "peers whose datagrams or messages are counted apart",
    200,
    "peers",
    "those of more are counted together",
)
LOGIN_HEARD = _STREAMS.limit(
    "what a PBX sends before it asks the next step of a log-in",
    64 << 10,
    "bytes",
    "the connection is given up; what came is kept",
)
SYSLOG_MESSAGE = _STREAMS.limit(
    "a syslog message over TCP",
    64 << 10,
    "bytes",
    "a longer line is taken in parts; a longer count is none",
)
COMPLAINTS = _STREAMS.limit(
    "what is kept of what a program writes to stderr",
    4096,
    "bytes",
    "the last of it is kept",
)
UNDECIDED_BYTES = _STREAMS.limit(
    "what is held back while it may be records sent again, and what of a connection can come before that",
    4 << 20,
    "bytes",
    "what came is new",
)

_POSTS = way("Posts of PBXs")
POST_HEAD = _POSTS.limit("the line and the headers of a request", 16 << 10, "bytes", "it is refused")
POST_HEAD_S = _POSTS.limit(
    "time for them, and between two requests",
    30,
    "seconds",
    "the connection is closed",
)
POST_S = _POSTS.limit("time for a whole post", 600, "seconds", "it is cut there, and its PBX told to post it again")
POST_WAITS_S = _POSTS.limit(
    "time that a post waits for a disk that takes nothing",
    60,
    "seconds",
    "its PBX is told to post it again",
)

_SETTINGS = way("Files that settings name")
SMALL_FILE = _SETTINGS.limit(
    "a file that holds a password, a token or variables",
    64 << 10,
    "bytes",
    "it is not read, and the PBX or sink says so",
)

_FILES = way("Files in a folder, or on a server")
FILE_IN_A_ROUND = _FILES.limit(
    "what is read of a file in a folder before others have their turn",
    64 << 20,
    "bytes",
    "the file is read on once the others of the folder had theirs",
)
LARGEST_REPLY = _FILES.limit(
    "a reply of an FTP server",
    64 << 10,
    "bytes",
    "the connection is given up, and made again later",
)
SERVER_LISTING = _FILES.limit(
    "a folder's listing from an FTP server",
    64 << 20,
    "bytes",
    "the folder is not taken, and that is said",
)
SERVER_NAMES = _FILES.limit(
    "names in a folder on an SFTP server, wanted or not",
    1_000_000,
    "names",
    "the folder is not taken, and that is said",
)
SERVER_NAME = _FILES.limit("the name of a file on a server", 1000, "bytes", "it is passed over, and counted")
SAME_NAMES = _FILES.limit(
    "files of one name in the folder that taken files are moved to",
    1000,
    "files",
    "the next one stays where it is, and that is said",
)

_ARCHIVES = way("Archives")
ARCHIVE_MEMBERS = _ARCHIVES.limit("files in an archive", 1000, "files", "the rest is one reject that says so")
ARCHIVE_UNPACKED = _ARCHIVES.limit(
    "what an archive unpacks to",
    2 << 30,
    "bytes",
    "what came before is read, the rest is one reject that says so",
)
ARCHIVE_PACKED = _ARCHIVES.limit(
    "what is read of an archive itself",
    2 << 30,
    "bytes",
    "what came before is read, the rest is one reject that says so; the archive stays in the journal",
)
LARGEST_PIECE = _ARCHIVES.limit(
    "a piece of an archive in memory, such as a zip's list of its files",
    1 << 20,
    "bytes",
    "text is read in several pieces; a zip with a larger list is one reject that says so",
)
ARCHIVE_HEADERS = _ARCHIVES.limit(
    "headers in a tar: of files, folders, links and long names",
    10_000,
    "headers",
    "the rest is one reject that says so",
)
ARCHIVE_STREAMS = _ARCHIVES.limit(
    "gzip streams one after another in a gz",
    100_000,
    "streams",
    "the rest is one reject that says so",
)

_TARIFFS = way("Tariffs")
TARIFF_FILE = _TARIFFS.limit("a tariff's document", 1 << 20, "bytes", "it is refused")
TARIFF_BANDS = _TARIFFS.limit("bands of a tariff", 100, "bands", "it is refused")
TARIFF_BUNDLES = _TARIFFS.limit("bundles of a tariff", 100, "bundles", "it is refused")
PRICES_FILE = _TARIFFS.limit("a tariff's price list", 128 << 20, "bytes", "it is refused")
PRICES = _TARIFFS.limit("rates of a price list", 1_000_000, "rows", "it is refused")
PRICES_CELL = _TARIFFS.limit("a cell of a price list", 1000, "characters", "it is refused")
LIST_FILE = _TARIFFS.limit("a carrier's price list", 128 << 20, "bytes", "it is refused")
LIST_UNPACKED = _TARIFFS.limit("what a spreadsheet or an archive of one unpacks to", 1 << 30, "bytes", "it is refused")
LIST_MEMORY = _TARIFFS.limit("memory of the process that reads a spreadsheet", 2 << 30, "bytes", "it is refused")
LIST_S = _TARIFFS.limit("time for which that process computes", 60, "seconds", "it is refused")
LIST_ROWS = _TARIFFS.limit("rows of a carrier's price list", 1_000_000, "rows", "it is refused")
LIST_COLUMNS = _TARIFFS.limit("columns of one", 256, "columns", "it is refused")
LIST_CELL = _TARIFFS.limit("a cell of one", 100_000, "characters", "it is refused")
LIST_TEXT = _TARIFFS.limit("all cells of one together", 256 << 20, "characters", "it is refused")
LIST_CODES = _TARIFFS.limit("codes in a cell of one", 10_000, "codes", "the row is an error")

_SIZING = way("Lines and agents, by Erlang")
MOST_LINES = _SIZING.limit("lines, or agents, that are given", 10_000_000, "lines", "it is refused")
MOST_TRAFFIC = _SIZING.limit("traffic that is given", 5_000_000, "erlang", "it is refused")

_FORMATS = way("Formats of a site's own")
_REFUSED = "the format is refused, and its PBXs' records are rejects that say so"
FORMAT_FILE = _FORMATS.limit("a `dialect.toml`", 1 << 20, "bytes", _REFUSED)
FORMAT_DEPTH = _FORMATS.limit("parts of a key in it, and what stands in one another", 16, "levels", _REFUSED)
FORMAT_TEXT = _FORMATS.limit("a pattern, a mask or another text in it", 4096, "characters", _REFUSED)
FORMAT_REPLACED = _FORMATS.limit("what a sign is replaced by", 4, "characters", _REFUSED)
FORMAT_WAYS = _FORMATS.limit("encodings, and masks of a record", 16, "each", _REFUSED)
FORMAT_FORM = _FORMATS.limit("the form of a date, time or duration", 48, "characters", _REFUSED)
FORMAT_PARTS = _FORMATS.limit("forms of a column, and further places of one", 16, "each", _REFUSED)
FORMAT_RECORDS = _FORMATS.limit("kinds of record", 100, "records", _REFUSED)
FORMAT_COLUMNS = _FORMATS.limit("columns of a record, and groups of its pattern", 256, "columns", _REFUSED)
FORMAT_RULES = _FORMATS.limit("rules, skips, channels, and anything else there are several of", 1000, "each", _REFUSED)
FORMAT_SPILLS = _FORMATS.limit("columns whose text may hold separators", 8, "columns", _REFUSED)
FORMAT_LINES = _FORMATS.limit("lines of one record", 2000, "lines", _REFUSED)
FORMAT_GAP_S = _FORMATS.limit("time between two records of one call", 10 * 366 * 86_400, "seconds", _REFUSED)
FORMAT_PATTERN = _FORMATS.limit("a pattern, compiled", 8 << 20, "bytes", _REFUSED)
FORMAT_CASES = _FORMATS.limit("cases of a format", 500, "files", "the others are not looked at, which the check says")
FORMAT_CASE = _FORMATS.limit("a case", 1 << 20, "bytes", "its beginning is looked at, which the check says")
SITE_FORMATS = _FORMATS.limit("formats of a site", 500, "folders", "those behind, by name, are refused")
SAMPLE_LINES = _FORMATS.limit("lines of a sample by which a format is found", 4000, "lines", "lines of all its parts")
GUESSED_LINES = _FORMATS.limit("lines of a sample from which a format is guessed", 500, "lines", "the first ones")
LONGEST_NUMBER = _FORMATS.limit("a whole number that is read", 9, "digits", "the record is a reject")
SPILLED = _FORMATS.limit("separators in texts of a record without quotes", 4, "separators", "the record is a reject")
JSON_DEPTH = _FORMATS.limit(
    "objects within one another in a JSON record",
    32,
    "objects",
    "what is within those is not looked at",
)
XML_DEPTH = _FORMATS.limit("elements of XML within one another", 128, "elements", "the record is a reject")
LONGEST_MOMENT = _FORMATS.limit("a date, time or duration that is read", 64, "characters", "the record is a reject")
LONGEST_DURATION_S = _FORMATS.limit(
    "a duration",
    999_999_999,
    "seconds",
    "the record is a reject; one reckoned from two moments, or added up over the records of a call, is the most",
)
FORMAT_GIVEN = _FORMATS.limit(
    "what the rules of a format write about the records of a batch",
    64 << 20,
    "bytes",
    "the batch is read in smaller parts; a record that alone comes to more is a reject",
)
FORMAT_TRIES = _FORMATS.limit(
    "parts in which a batch is read again that a format failed over",
    64,
    "parts",
    "what has not been read by then is rejected whole; the rejects can be retried",
)

_OUT = way("Sinks")
SINKS = _OUT.limit("sinks of a site", 100, "sinks", "another one is refused")
DEAD_LETTERS = _OUT.limit(
    "deliveries of a sink that were refused and put aside",
    64 << 20,
    "bytes",
    "the sink waits, and needs somebody who sends them again or removes it",
)

_MESSAGES = way("Messages that are sent")
DESTINATIONS = _MESSAGES.limit("destinations of a site", 50, "destinations", "another one is refused")
LARGEST_MESSAGE = _MESSAGES.limit("a message with its files", 25 << 20, "bytes", "it is not made, and that is said")
OUTBOX_ROOM = _MESSAGES.limit(
    "messages that wait, or were not taken, together",
    1 << 30,
    "bytes",
    "another one is not made, and that is said",
)
MESSAGE_TRIED_S = _MESSAGES.limit(
    "time for which a message is tried",
    2 * 86_400,
    "seconds",
    "it is given up, and the page says so; it can be sent again",
)
MESSAGE_KEPT_S = _MESSAGES.limit(
    "time that it is told what became of a message", 90 * 86_400, "seconds", "it is deleted"
)

_SCHEDULES = way("Schedules")
SCHEDULES = _SCHEDULES.limit("schedules of a site", 500, "schedules", "another one is refused")
OUTPUT_OF_A_RUN = _SCHEDULES.limit("what is kept of a run", 10 << 20, "bytes", "a file beyond it is sent, and not kept")
OUTPUT_ROOM = _SCHEDULES.limit("what is kept of all runs", 512 << 20, "bytes", "no more is kept until some is old")
OUTPUT_KEPT_S = _SCHEDULES.limit("time for which it is kept", 30 * 86_400, "seconds", "it is deleted")

_COLUMNS = way("Columns of a sink")
COLUMNS = _COLUMNS.limit("columns", 100, "columns", "they are refused")
COLUMNS_TEXT = _COLUMNS.limit("what is written of all columns", 16_384, "characters", "they are refused")
COLUMN_NAME = _COLUMNS.limit("a column's name", 60, "characters", "the columns are refused")
COLUMN_NESTING = _COLUMNS.limit("brackets, functions and signs within each other", 30, "levels", "they are refused")

_SINKS = way("What the other side of a sink answers")
SINK_ANSWER = _SINKS.limit(
    "all that the other side answers to one delivery or test",
    16 << 20,
    "bytes",
    "the connection is broken off, and the delivery is tried again",
)
WEBHOOK_ANSWER = _SINKS.limit("what is read of a webhook's answer", 1 << 16, "bytes", "the status alone counts")

_BY_NATS = way("Calls by way of NATS")
CALLS_OF_A_MESSAGE = _BY_NATS.limit("calls of a message", 100_000, "calls", "it is refused, and the site told")
COLUMNS_OF_A_TABLE = _BY_NATS.limit("columns of the table", 500, "columns", "calls that need others are refused")
BYTES_OF_A_LOADER = _BY_NATS.limit("what a loader puts away at once", 16 << 20, "bytes", "the rest comes after")

_BACKUPS = way("Backups")
LONGEST_BACKUP_H = _BACKUPS.limit("time between two backups", 744, "hours", "the plan is refused")
BACKUPS_KEPT = _BACKUPS.limit("backups that a plan keeps", 1000, "backups", "the plan is refused")
