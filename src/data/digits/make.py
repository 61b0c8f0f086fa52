"""Packs the 8×8 optical digits of scikit-learn into `digits.bin`; needs `pip install scikit-learn`.

Layout, all numbers little-endian:
  4 bytes       number of images n (u32)
  n × 40 bytes  images: 64 values 0…16 of 5 bits, row-major, lowest bits first, so that 8 pixels are 5 bytes
  n bytes       labels 0…9
  8 bytes       FNV-1a (64 bits) of everything before
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
images, labels = digits.data.astype(np.uint8), digits.target.astype(np.uint8)
assert images.shape == (1797, 64) and (images == digits.data).all() and images.max() == 16 and labels.max() == 9
bits = (images[:, :, None] >> np.arange(5)) & 1
body = len(images).to_bytes(4, "little") + np.packbits(bits.reshape(-1), bitorder="little").tobytes() + labels.tobytes()
fingerprint = 0xCBF29CE484222325
for byte in body:
    fingerprint = (fingerprint ^ byte) * 0x100000001B3 % 2**64
path = Path(__file__).with_name("digits.bin")
path.write_bytes(body + fingerprint.to_bytes(8, "little"))
print(f"{path.name}: {path.stat().st_size} bytes, FNV-1a {fingerprint:016x}")
