"""The delivery `mail`: messages as mails, handed to a mail server."""

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.mail.options import Options, faults_together, recipient_fault
from tollbook.delivery.mail.sending import open_mail

DELIVERY = DeliveryKind(
    title="Mail (SMTP)",
    options=Options,
    open=open_mail,
    addressed=True,
    carries_files=True,
    recipient_fault=recipient_fault,
    check=faults_together,
)
