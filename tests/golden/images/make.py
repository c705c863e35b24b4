#!/usr/bin/env python3
"""Makes the pictures of this folder and what Keras's load_img reads from them (needs NumPy and Pillow).

expected/IMAGE__MODE__HEIGHTxWIDTH__INTERPOLATION[__crop].npy holds img_to_array(load_img(IMAGE, …)) as uint8;
without a size: of the picture as it is. `crop` is keep_aspect_ratio. load_img does no more than Pillow's `convert`
and `resize`, which stand below, so Keras itself is not needed. Made with Pillow 12: version 13 resizes the axes in the other
order where that is quicker, which rounds differently by 1 of 255.
"""
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).resolve().parent
expected = here / "expected"
expected.mkdir(exist_ok=True)
random = np.random.default_rng(7)
HEIGHT, WIDTH = 11, 14


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(height, width, depth, color, interlace, data, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def rows(array):
    return b"".join(b"\0" + row.tobytes() for row in array)


def interlaced(array):
    """Adam7: seven passes over an RGB picture."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [array[top::down, left::across] for top, left, down, across in passes]
    return b"".join(rows(np.ascontiguousarray(part)) for part in parts if part.size)


# Smooth, so that JPEG keeps it, with some noise, so that every sample counts.
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
smooth = np.stack([x * 16, y * 20, (x + y) * 9], axis=-1)
rgb = np.clip(smooth + random.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
alpha = random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
alpha[0, :5] = [0, 255, 0, 1, 254]
rgba = np.dstack([rgb, alpha])
gray = rgb[..., 1]

Image.fromarray(rgb).save(here / "rgb.png")
Image.fromarray(rgba).save(here / "rgba.png")
Image.fromarray(gray).save(here / "gray.png")
Image.fromarray(np.dstack([gray, alpha])).save(here / "gray_alpha.png")
Image.fromarray(gray > 100).save(here / "one_bit.png")
palette = Image.fromarray(rgb).quantize(9)
palette.save(here / "palette.png", transparency=3)
(here / "interlaced.png").write_bytes(png(HEIGHT, WIDTH, 8, 2, 1, interlaced(rgb)))
deep = (rgb.astype(np.uint16) << 8) | random.integers(0, 256, rgb.shape, dtype=np.uint16)
(here / "sixteen_bit.png").write_bytes(png(HEIGHT, WIDTH, 16, 2, 0, rows(deep.astype(">u2"))))
# A gamma note, which Pillow, and so Keras, does not follow.
(here / "gamma.png").write_bytes(png(HEIGHT, WIDTH, 8, 2, 0, rows(rgb), chunk(b"gAMA", struct.pack(">I", 100000))))
Image.fromarray(rgb).save(here / "color.jpg", quality=85)
Image.fromarray(rgb).save(here / "full_chroma.jpg", quality=95, subsampling=0, progressive=True)
Image.fromarray(gray).save(here / "gray.jpg", quality=90)
Image.fromarray(np.dstack([rgb, gray])[..., :4], mode="CMYK").save(here / "cmyk.jpg")

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


def expect(name, mode="rgb", size=None, interpolation="nearest", crop=False):
    image = Image.open(here / name)
    if image.mode != MODES[mode]:
        image = image.convert(MODES[mode])
    width, height = image.size
    if size:
        method = getattr(Image.Resampling, interpolation.upper())
        box = None
        if crop:
            crop_height = min(height, width * size[0] // size[1])
            crop_width = min(width, height * size[1] // size[0])
            top, left = (height - crop_height) // 2, (width - crop_width) // 2
            box = [left, top, left + crop_width, top + crop_height]
        image = image.resize((size[1], size[0]), method, box=box)
    values = np.asarray(image)
    if values.ndim == 2:
        values = values[..., None]
    height, width = values.shape[:2]
    name = f"{name}__{mode}__{height}x{width}__{interpolation}{'__crop' if crop else ''}.npy"
    np.save(expected / name, values)


for name in ["rgb.png", "rgba.png", "gray.png", "gray_alpha.png", "palette.png", "color.jpg", "gray.jpg"]:
    for mode in MODES:
        expect(name, mode)
for name in ["one_bit.png", "interlaced.png", "sixteen_bit.png", "gamma.png", "full_chroma.jpg"]:
    expect(name)
for interpolation in ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]:
    for size in [(5, 6), (23, 17), (HEIGHT, 3)]:
        expect("rgb.png", size=size, interpolation=interpolation)
    expect("rgba.png", "rgba", (7, 20), interpolation)
expect("rgb.png", size=(6, 6), crop=True)
expect("rgb.png", size=(4, 12), crop=True)
expect("rgb.png", "grayscale", (8, 5), "bilinear", crop=True)
# Where sums of steps and products differ.
Image.fromarray(np.arange(49, dtype=np.uint8)[None, :]).save(here / "line.png")
expect("line.png", "grayscale", (1, 7 * 14), "nearest")
expect("line.png", "grayscale", (1, 35), "nearest")
