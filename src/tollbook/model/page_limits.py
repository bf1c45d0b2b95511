"""The limits on what comes in by pages and the API, and on the heavy work that they ask for: see `limits`."""

from __future__ import annotations

from tollbook.model.limits import way

_WEB = way("Pages and API")
WEB_CONNECTIONS = _WEB.limit(
    "connections at once, or a quarter of the process's file descriptors where that is less",
    512,
    "connections",
    "the next one is answered 503 and closed at once, and the log says so once",
)
WEB_CONNECTIONS_OF_ONE = _WEB.limit(
    "those of one address, or of one /64 network, but for this machine's own, or half of all where that is less",
    128,
    "connections",
    "the next one is answered 503 and closed at once, and the log says so once",
)
WEB_CONNECTIONS_KEPT = _WEB.limit(
    "those of all that are kept for this machine, or half of all where that is less",
    16,
    "connections",
    "others do not get them",
)
HEAD_S = _WEB.limit(
    "time in which the whole head of a request is there, from the connection or the last answer on",
    10,
    "seconds",
    "the connection is closed",
)
UNREAD_S = _WEB.limit(
    "time in which a client takes nothing of an answer that waits for it",
    60,
    "seconds",
    "the connection is broken off",
)
SMALL_BODY = _WEB.limit(
    "what a request carries of somebody who has not signed in and shows no token",
    64 << 10,
    "bytes",
    "it is answered 413 before the rest comes, and nothing of it reaches the disk",
)
LARGEST_BODY = _WEB.limit(
    "what any request carries: a piece of an import, which has 8 MiB, and what goes round it",
    9 << 20,
    "bytes",
    "it is answered 413 before the rest comes",
)
LARGE_BODIES = _WEB.limit(
    "requests with more than 64 KiB at once",
    8,
    "requests",
    "the next one is answered 503 before the rest of it comes",
)
BODY_SILENT_S = _WEB.limit("time in which nothing comes of a request", 30, "seconds", "it is answered 408")
STRANGERS_BODY_S = _WEB.limit("time in which a request of up to 64 KiB is there", 60, "seconds", "it is answered 408")
BODY_S = _WEB.limit("time in which a larger one is there", 600, "seconds", "it is answered 408")
DESCRIPTORS = _WEB.limit(
    "file descriptors that the server asks the system for",
    1 << 16,
    "descriptors",
    "it asks for no more; where the system allows fewer it takes those",
)

_JOBS = way("Heavy work, such as a drawing")
JOBS_AT_ONCE = _JOBS.limit("pieces of work at once", 2, "processes", "the next one waits")
JOB_WAIT_S = _JOBS.limit("waiting for one's turn", 30, "seconds", "it is refused, and says so")
JOB_S = _JOBS.limit("time of a piece of work", 60, "seconds", "its process is ended, and it says so")
SAMPLE_S = _JOBS.limit(
    "time for which a sample is read in the workbench", 15, "seconds", "its process is ended, and the page says so"
)
JOB_MEMORY = _JOBS.limit("memory of a piece of work", 1 << 30, "bytes", "its process is ended, and it says so")

_SIGNING_IN = way("Signing in")
SIGN_INS_OF_NAME_HERE = _SIGNING_IN.limit(
    "attempts on one name from one address, in 5 minutes",
    5,
    "attempts",
    "further ones are answered 429, be the password right or wrong",
)
SIGN_INS_OF_ADDRESS = _SIGNING_IN.limit(
    "attempts from one address (of IPv6, one /64; not this machine, whose proxy speaks for all), in 5 minutes",
    50,
    "attempts",
    "further ones are answered 429, be the password right or wrong",
)
SIGN_INS_OF_NAME = _SIGNING_IN.limit(
    "attempts on one name from anywhere, in 5 minutes",
    100,
    "attempts",
    "further ones are answered 429, be the password right or wrong",
)
PASSWORD_CHANGES = _SIGNING_IN.limit(
    "wrong passwords while somebody changes theirs or another person, in 5 minutes",
    5,
    "attempts",
    "further ones are answered 429, be the password right or wrong",
)
SIGN_INS_AT_ONCE = _SIGNING_IN.limit("passwords that are checked at once", 4, "passwords", "the next one waits")
SIGN_IN_WAITS_S = _SIGNING_IN.limit("time that a password waits to be checked", 5, "seconds", "it is answered 429")
SETUP_CODES = _SIGNING_IN.limit(
    "set-up codes tried from one address, in 5 minutes",
    5,
    "codes",
    "further ones are answered 429, be the code right or wrong",
)
SECOND_STEPS = _SIGNING_IN.limit(
    "codes of the second step that a person tries, in 5 minutes",
    5,
    "codes",
    "further ones are answered 429, be the code right or wrong",
)
SIGN_ONS_OF_ADDRESS = _SIGNING_IN.limit(
    "sign-ons elsewhere that one address begins (of IPv6, one /64; not this machine), in 5 minutes",
    50,
    "sign-ons",
    "further ones are answered 429",
)
SIGN_ONS_AT_ONCE = _SIGNING_IN.limit(
    "sign-ons that wait for an issuer at once", 8, "sign-ons", "the next one is refused"
)
LINKS_OF_ADDRESS = _SIGNING_IN.limit(
    "links for a forgotten password that one address asks for (of IPv6, one /64; not this machine), in 5 minutes",
    10,
    "links",
    "further ones are answered 429",
)
LINKS_OF_NAME = _SIGNING_IN.limit(
    "links for a forgotten password that are asked for one name or mail, in 5 minutes",
    3,
    "links",
    "further ones are answered 429, whether there is such a person or not",
)
ATTEMPTS_KEPT = _SIGNING_IN.limit(
    "names and addresses whose attempts are remembered",
    100_000,
    "each",
    "those of more than 5 minutes ago are forgotten; where there are none a new one has to wait",
)

_LISTS = way("Lists of calls, and reports")
XLSX_ROWS = _LISTS.limit("rows of a workbook (XLSX)", 500_000, "rows", "it is refused; CSV has no limit")
XLSX_AT_ONCE = _LISTS.limit("workbooks made at once", 2, "workbooks", "the next one waits for up to 60 seconds")
PDF_ROWS = _LISTS.limit("rows of a report as PDF", 50_000, "rows", "it is refused; XLSX and CSV have more")
HTML_ROWS = _LISTS.limit("rows of a report as HTML", 100_000, "rows", "it is refused; XLSX and CSV have more")
BILL_CALLS = _LISTS.limit("calls of a phone bill", 100_000, "calls", "it is refused; fewer months have fewer")
BILL_PDF_CALLS = _LISTS.limit("calls of a phone bill as PDF", 20_000, "calls", "it is refused; XLSX and CSV have more")
SAVED_FILTERS = _LISTS.limit("filters that a person saves", 50, "filters", "the next one is refused, and says so")
LONG_LISTS = _LISTS.limit("whole lists that are sent at once", 16, "lists", "a further one is refused for the moment")

_FILES = way("Files of reports, made in the background")
SMALL_ROWS = _FILES.limit(
    "rows of a report, or calls of a phone bill, whose file a page hands out at once",
    5000,
    "rows",
    "the file is made in the background",
)
READY_FILES_AT_ONCE = _FILES.limit("files made at once", 2, "files", "the next one waits")
READY_FILES_WAITING = _FILES.limit(
    "files of one person or token that are being made or wait", 5, "files", "the next one is refused, and says so"
)
READY_FILES_OF_ONE = _FILES.limit("files of one person or token", 50, "files", "the next one is refused, and says so")
READY_FILES_BYTES = _FILES.limit("all files of a site", 2 << 30, "bytes", "the oldest are deleted")
READY_FILE_KEPT_S = _FILES.limit("time for which a file is kept", 7 * 86_400, "seconds", "it is deleted")
READY_FILE_S = _FILES.limit("time in which one is made", 900, "seconds", "it is given up, and says so")

_LOGO = way("The logo of PDFs")
LOGO_BYTES = _LOGO.limit("the picture, a PNG", 256 << 10, "bytes", "it is refused")
LOGO_SIDE = _LOGO.limit("its width and height", 2000, "points", "it is refused")

_BOARDS = way("Home and wallboards")
HOME_TILES = _BOARDS.limit("tiles of a person's Home", 24, "tiles", "the next one is refused, and says so")
WALL_TILES = _BOARDS.limit("tiles of a wallboard", 12, "tiles", "the next one is refused, and says so")
WALLBOARDS = _BOARDS.limit("wallboards of a site", 100, "wallboards", "the next one is refused, and says so")
WALL_LINKS_TRIED = _BOARDS.limit(
    "links that open nothing, tried from one address (of IPv6, one /64), in 5 minutes",
    30,
    "links",
    "further ones are answered 429; one that opens a wallboard always does",
)

_OWN_SQL = way("SQL of one's own")
OWN_SQL_TEXT = _OWN_SQL.limit("a statement", 20_000, "characters", "it is refused")
OWN_SQL_S = _OWN_SQL.limit("time that it takes", 30, "seconds", "its process is ended, and it says so")
OWN_SQL_MEMORY = _OWN_SQL.limit("memory of its process", 1 << 30, "bytes", "its process is ended, and it says so")
OWN_SQL_AT_ONCE = _OWN_SQL.limit(
    "statements at once, of one person or token one",
    2,
    "statements",
    "the next one waits for up to 30 seconds, and is refused then",
)
OWN_SQL_ROWS = _OWN_SQL.limit("rows of its answer", 50_000, "rows", "the others are left out, which it says")
OWN_SQL_COLUMNS = _OWN_SQL.limit("columns of its answer", 200, "columns", "it is refused")
OWN_SQL_CELL = _OWN_SQL.limit("a text in a cell", 10_000, "characters", "it is cut, and ends in …")
OWN_SQL_NUMBERS = _OWN_SQL.limit("a bound of range() or generate_series()", 1_000_000, "rows", "it is refused")

_TARIFFS = way("Tariffs that are sent")
TARIFF_UPLOAD = _TARIFFS.limit("a zip of a document and its price list", 32 << 20, "bytes", "it is refused")
PRICES_PASTE = _TARIFFS.limit("a price list in a field of a page", 1 << 20, "bytes", "a longer one is not shown there")
TARIFF_DRAFTS = _TARIFFS.limit("files that wait until somebody has decided", 20, "files", "the oldest is deleted")
TARIFF_DRAFT_S = _TARIFFS.limit("time for which one waits", 2 * 86_400, "seconds", "it is deleted when the next comes")

_COSTS = way("Prices that would be, and carriers' bills")
PREVIEW_S = _COSTS.limit("time of a preview of prices", 300, "seconds", "it is given up, and says so")
PREVIEWS_AT_ONCE = _COSTS.limit("previews at once", 1, "previews", "the next one is refused for the moment")
PREVIEWED_CALLS = _COSTS.limit("calls that a preview lists one by one", 1000, "calls", "it is refused")

BILL_FILE = _COSTS.limit("a bill", 8 << 20, "bytes", "it is refused; divide it by days")
BILL_PASTE = _COSTS.limit("a bill that stays on its page", 2 << 20, "bytes", "it is chosen again with each answer")
BILL_LINES = _COSTS.limit("rows of a bill", 100_000, "rows", "it is refused; divide it by days")
BILLED_CALLS = _COSTS.limit(
    "calls of ours in the days of a bill",
    300_000,
    "calls",
    "it is refused; ask for fewer days",
)
BILLS_AT_ONCE = _COSTS.limit("bills checked at once", 1, "bills", "the next one is refused for the moment")

_BUDGETS = way("Budgets")
BUDGETS = _BUDGETS.limit("budgets of a site", 2000, "budgets", "the next one is refused, and says so")

_CHARGE_BACK = way("Charge-back")
MONTHLY_CHARGES = _CHARGE_BACK.limit(
    "monthly charges of a site, those that have ended among them",
    20_000,
    "charges",
    "the next one is refused, and says so",
)

_DIRECTORY = way("Files for the directory and the phone book")
DIRECTORY_FILE = _DIRECTORY.limit("a file", 8 << 20, "bytes", "it is refused")
DIRECTORY_PASTE = _DIRECTORY.limit("rows on a page", 2 << 20, "bytes", "they are refused; the command takes them")
DIRECTORY_ROWS = _DIRECTORY.limit("its rows", 50_000, "rows", "it is refused")

_CENTRE = way("A centre for many places")
REJECTS_HANDED_ON = _CENTRE.limit(
    "rejects that a site hands on", 10_000, "records", "the newest are; the site itself has them all"
)
CALLS_NEAR_D = _CENTRE.limit(
    "days of calls that are kept near, for missed calls and alerts", 35, "days", "older calls are in ClickHouse alone"
)
CENTRE_ANSWER = _CENTRE.limit("what ClickHouse answers to one question", 1 << 30, "bytes", "the question is broken off")
CENTRE_CLIENTS = _CENTRE.limit("connections that are kept for the next question", 8, "connections", "others are closed")

_LDAP = way("People from LDAP")
LDAP_ENTRIES = _LDAP.limit("entries that are found", 50_000, "entries", "nothing is taken; narrow the filter")
LDAP_BYTES = _LDAP.limit("all that the server sends", 64 << 20, "bytes", "the connection is broken off")

_ALERTS = way("Alerts")
ALERTS = _ALERTS.limit("alerts of a site", 20_000, "alerts", "the next one is refused, and says so")
ALERT_TRIED = _ALERTS.limit(
    "calls that an alert is tried on", 1_000_000, "calls", "it is not tried, and says how many there are"
)

_PLACES = way("Places of a centre")
PLACES = _PLACES.limit("places of a centre", 5000, "places", "the next one is refused, and says so")
PLACE_PBXS = _PLACES.limit(
    "PBXs that a place tells of", 200, "PBXs", "those in trouble come first; others are left out"
)
PLACE_SINKS = _PLACES.limit("sinks that a place tells of", 100, "sinks", "the same")
PLACE_TROUBLES = _PLACES.limit("troubles of the site as a whole that it tells", 10, "sentences", "others are left out")
RECORD_OF_A_PLACE = _PLACES.limit(
    "what a centre is sent of a record", 32 << 10, "bytes", "the rest of it is at the place alone"
)
RECORDS_OF_A_PLACE = _PLACES.limit(
    "records that a centre asks a place for at once", 20, "records", "others are asked for after these"
)
RECORDS_REMEMBERED = _PLACES.limit(
    "records of places that a centre remembers", 2_000, "records", "the oldest is asked for again"
)
PLACE_HEALTHS = _PLACES.limit(
    "times that a place says how it is, in 5 minutes", 100, "times", "it is answered 429, and waits"
)
BUNDLE = _PLACES.limit(
    "a set-up that is handed down, packed", 8 << 20, "bytes", "nothing is handed down, and the page says so"
)
BUNDLE_TEXTS = _PLACES.limit("the texts in it", 64 << 20, "bytes", "the same; a place takes no larger one")
JOIN_CODES_OF_ADDRESS = _PLACES.limit(
    "join codes tried from one address (of IPv6, one /64), in 5 minutes", 20, "attempts", "it is answered 429"
)
JOIN_CODES = _PLACES.limit("join codes tried from anywhere, in 5 minutes", 200, "attempts", "it is answered 429")
