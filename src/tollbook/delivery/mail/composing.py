"""Writes a message as a mail (RFC 5322): plain text, HTML with its pictures, and files.

The Message-ID is made of the message's key and the recipient alone: a mail that is sent again after a crash carries the
same, and many servers and programs then show it once. Every mail says that no person wrote it (RFC 3834), and one that
can be left says how: by one click (RFC 8058), and in words at its end.
"""

from __future__ import annotations

import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape

from tollbook import clock
from tollbook.delivery.mail.options import Options
from tollbook.model.message import DeliveryMessage, MessageFile

_LONGEST_SUBJECT = 200
_LEAVE_HERE = "<!--leave-->"
"""Where HTML has room for the link by which a recipient leaves."""
_MAIN_TYPES = frozenset(("application", "audio", "image", "text", "video"))


def message_id(options: Options, message: DeliveryMessage, recipient: str) -> str:
    """Return the Message-ID of a message for a recipient: the same whenever it is sent."""
    digest = hashlib.sha256(f"{message.key}\n{recipient.casefold()}".encode()).hexdigest()
    return f"<{digest[:40]}@{parseaddr(options.sender)[1].rpartition('@')[2]}>"


def one_line(text: str) -> str:
    r"""Return a text as it may stand in a header: without line ends or other control characters, and not too long.

    >>> one_line("Calls\r\nBcc: eve@example.com")
    'Calls Bcc: eve@example.com'
    """
    words = "".join(letter if letter.isprintable() else " " for letter in text).split()
    return " ".join(words)[:_LONGEST_SUBJECT]


def composed(options: Options, message: DeliveryMessage, recipient: str) -> bytes:
    """Return a mail as it goes over the wire, lines ended by CRLF, with letters of ASCII alone."""
    mail = EmailMessage(policy=SMTP)
    name, address = parseaddr(options.sender)
    mail["From"] = Address(one_line(name), addr_spec=address)
    mail["To"] = Address(addr_spec=recipient)
    if options.reply_to:
        mail["Reply-To"] = Address(addr_spec=options.reply_to)
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id(options, message, recipient)
    mail["Auto-Submitted"] = "auto-generated"
    leave = message.unsubscribe.get(recipient, "")
    if leave:
        mail["List-Unsubscribe"] = f"<{leave}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_text(message, leave), cte="quoted-printable")
    if message.html:
        _add_html(mail, message, leave)
    for file in message.files:
        _attach(mail, file)
    return mail.as_bytes()


def _text(message: DeliveryMessage, leave: str) -> str:
    link = f"\n\nIn Tollbook: {message.link}" if message.link else ""
    left = f"\n\n-- \nTo get this no more: {leave}" if leave else ""
    return message.text.rstrip() + link + left + "\n"


def _add_html(mail: EmailMessage, message: DeliveryMessage, leave: str) -> None:
    html = message.html
    if leave:
        said = f' <a href="{escape(leave)}" style="color:inherit">Get this no more</a>'
        body, mark, rest = html.partition(_LEAVE_HERE)
        html = body + said + rest if mark else html.replace("</body>", f"<p>{said}</p></body>", 1)
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    parts = mail.get_payload()
    shown = parts[-1] if isinstance(parts, list) else None
    for image in message.images:
        if isinstance(shown, EmailMessage):
            shown.add_related(
                image.content,
                "image",
                "png",
                cid=f"<{image.name}>",
                filename=f"{image.name}.png",
                disposition="inline",
            )


def _attach(mail: EmailMessage, file: MessageFile) -> None:
    main, _, sub = file.type.partition("/")
    known = main in _MAIN_TYPES and sub.isascii() and sub
    main, sub = (main, sub) if known else ("application", "octet-stream")
    mail.add_attachment(file.content, main, sub, filename=one_line(file.name) or "file")
