"""Writes the .zip files of this folder with Python's zipfile."""
import io
import os
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))


def member(name, method=zipfile.ZIP_STORED, mode=0o644):
    info = zipfile.ZipInfo(name)
    info.compress_type = method
    info.external_attr = mode << 16
    return info


def write(file, members, stream=None):
    with zipfile.ZipFile(stream or os.path.join(HERE, file), "w") as archive:
        for info, data in members:
            archive.writestr(info, data)


class Unseekable(io.RawIOBase):
    """zipfile writes sizes after the data when it cannot go back."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


TEXT = b"0123456789" * 100
write("deflated.zip", [(member("text", zipfile.ZIP_DEFLATED), TEXT), (member("empty"), b"")])
write("bomb.zip", [(member("zeros", zipfile.ZIP_DEFLATED), b"\0" * (4 << 20))])
write("bzip2.zip", [(member("text", zipfile.ZIP_BZIP2), TEXT)])
write("climbing.zip", [(member("a/../../b"), TEXT)])
write("absolute.zip", [(member("/b"), TEXT)])
write("drive.zip", [(member("C:b"), TEXT)])
write("symbolic_link.zip", [(member("link", mode=0o120777), b"/etc/passwd")])
with zipfile.ZipFile(os.path.join(HERE, "zip64.zip"), "w") as archive:
    for name in ("a", "b"):
        with archive.open(member(name), "w", force_zip64=True) as out:
            out.write(TEXT)
unseekable = Unseekable()
write(None, [(member("text", zipfile.ZIP_DEFLATED), TEXT), (member("more"), TEXT)], unseekable)
with open(os.path.join(HERE, "sizes_after_data.zip"), "wb") as out:
    out.write(unseekable.data)
