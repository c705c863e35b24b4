"""Writes the .npy files of this folder with NumPy; their values stand in sepal/data/npy_test.cpp."""
import pathlib

import numpy as np
from numpy.lib import format as npy

here = pathlib.Path(__file__).parent


def save(name, array, version=None):
    with open(here / f"{name}.npy", "wb") as file:
        npy.write_array(file, np.asanyarray(array), version=version)


steps = np.arange(6).reshape(2, 3)
for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    save(f"little_{code}", (steps * 20 + 0.5).astype("<" + code))
    save(f"big_{code}", (steps * 20 + 0.5).astype(">" + code))
save("bool", np.array([True, False, True]))
save("fortran", np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)))
save("scalar", np.float64(2.5))
save("empty", np.zeros((0, 3), "<f4"))
save("format_2", np.arange(3, dtype="<f4"), (2, 0))
save("format_3", np.arange(3, dtype="<f4"), (3, 0))
save("structured", np.zeros(2, [("a", "<i4"), ("b", "<f4")]))
save("complex", np.zeros(2, "<c8"))
with open(here / "pickled.npy", "wb") as file:
    npy.write_array(file, np.array([{}], dtype=object), allow_pickle=True)
np.savez(here / "two.npz", a=np.array([1.0, 2.0]), b=np.int32(3))
