"""The delivery `folder`: each message becomes files in a folder."""

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.folder.options import Options
from tollbook.delivery.folder.writing import open_folder

DELIVERY = DeliveryKind(title="Folder (files)", options=Options, open=open_folder, carries_files=True)
