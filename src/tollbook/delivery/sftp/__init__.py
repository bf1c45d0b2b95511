"""The delivery `sftp`: each message becomes files in a folder of an SFTP server."""

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.sftp.options import Options
from tollbook.delivery.sftp.writing import SftpFolder

DELIVERY = DeliveryKind(title="SFTP (files on a server)", options=Options, open=SftpFolder, carries_files=True)
