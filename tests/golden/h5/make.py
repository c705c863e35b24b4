"""Writes the .h5 files of this folder with h5py. Element i of each number dataset is i - 2 (bool: i is odd)."""
import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def file(name, **options):
    return h5py.File(os.path.join(HERE, name), "w", **options)


def numbers(dtype, shape=(2, 3)):
    return (np.arange(np.prod(shape)) - 2).astype(dtype).reshape(shape)


with file("types.h5") as f:
    for order, name in (("<", "little"), (">", "big")):
        for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
            f[f"{name}/{code}"] = numbers(order + code)
    f["bool"] = np.arange(6).reshape(2, 3) % 2 == 1
    # bfloat16 of -2..3: the upper halves of float32.
    upper = (numbers("f4").view("u4") >> 16).astype("<u2")
    f.create_dataset("bfloat16", data=upper.view("V2"))
    f["scalar"] = np.float32(7)
    f["empty"] = np.zeros((0, 3), "f4")
    f["unsupported/complex"] = numbers("c8")
    f["unsupported/strings"] = np.array([b"a", b"b"])
    f["unsupported/texts"] = ["a", "b"]
    f["unsupported/compound"] = np.zeros(2, [("a", "f4"), ("b", "i4")])
    f["unsupported/opaque"] = np.zeros(2, "V3")

with file("storage.h5") as f:
    f.create_dataset("deflated", data=numbers("f4", (20, 30)), chunks=(8, 8), compression="gzip")
    f.create_dataset("shuffled", data=numbers("f4", (20, 30)), chunks=(8, 8), compression="gzip", shuffle=True,
                     fletcher32=True)
    f.create_dataset("chunked", data=numbers("f4", (20, 30)), chunks=(7, 11))

with file("attributes.h5") as f:
    g = f.create_group("group")
    g.attrs["text"] = "Größe"
    g.attrs["bytes"] = np.bytes_(b"fixed")
    g.attrs["texts"] = ["a", "bcd", ""]
    g.attrs["all_bytes"] = np.array([b"a", b"bcd"])
    g.attrs["none"] = np.zeros(0)
    g.attrs["number"] = 3.0
    g.attrs["long"] = "x" * 100000

with file("attributes_small.h5") as f:
    for name in ("dense", "dense_1"):
        f[f"layers/{name}/vars/0"] = numbers("f4")
        f[f"layers/{name}/vars"].attrs["name"] = name

# A name outside of ASCII lets HDF5 keep more than eight names of a group in a heap; 60 make its tree two levels high.
with file("names.h5") as f:
    for i in range(60):
        f[f"größe/a long name for the number {i}"] = np.int8(i)

with file("latest.h5", libver="latest") as f:
    f["a/b"] = numbers("f4")
    f["a"].attrs["name"] = "late"
    for i in range(20):
        f[f"many/{i}"] = numbers("i4", (i + 1,))

with file("soft_link.h5") as f:
    f["a"] = numbers("f4")
    f["b"] = h5py.SoftLink("/a")
with file("external_link.h5") as f:
    f["b"] = h5py.ExternalLink("types.h5", "/scalar")
with file("second_name.h5") as f:
    f["a"] = numbers("f4")
    f["b"] = f["a"]
with file("loop.h5") as f:
    f.create_group("a")["b"] = f["/"]
with file("external_storage.h5") as f:
    f.create_dataset("a", (2, 3), "f4", external=[("types.h5", 0, 24)])
with file("virtual.h5", libver=("earliest", "v110")) as f:
    layout = h5py.VirtualLayout((6,), "f4")
    layout[:] = h5py.VirtualSource("types.h5", "little/f4", (6,))
    f.create_virtual_dataset("a", layout)
with file("undefined_elements.h5") as f:
    f.create_dataset("a", (1 << 36,), "f4")
with file("undefined_chunks.h5") as f:
    f.create_dataset("a", (1 << 36,), "f4", chunks=(1024,), compression="gzip")
with file("huge_chunk.h5") as f:
    f.create_dataset("a", (2,), "f4", chunks=(1 << 29,), maxshape=(None,))
with file("too_many_axes.h5") as f:
    f["a"] = np.zeros((1,) * 9, "f4")
with file("unknown_filter.h5") as f:
    f.create_dataset("a", data=numbers("f4"), chunks=(2, 3), compression="lzf")
with file("user_block.h5", userblock_size=512) as f:
    f["a"] = numbers("f4")
with file("overflow.h5") as f:
    f.create_dataset("a", (1 << 32, 1 << 32), "f4", chunks=(1, 1))
