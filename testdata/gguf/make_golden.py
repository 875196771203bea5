#!/usr/bin/env python3
"""Writes golden.gguf beside this file: random blocks of every quantized type with what the `gguf` package expands them
to, and metadata of every type of value. `pip install gguf numpy`, then run it; the same seed gives the same bytes."""
import pathlib

import gguf
import numpy as np

TYPES = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
# Where a block holds float16 scales: random bytes there would be NaN or infinite.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def random_blocks(name, rows, row, rng):
    kind = gguf.GGMLQuantizationType[name]
    values = rng.normal(size=(rows, row)).astype(np.float32)
    if name == "F16":
        return values.astype(np.float16)
    if name == "BF16":
        return gguf.quants.quantize(values, kind)
    block, size = gguf.GGML_QUANT_SIZES[kind]
    data = rng.integers(0, 256, (rows, row // block, size), dtype=np.uint8)
    for at in SCALES[name]:
        scales = (rng.normal(size=data.shape[:2]) * 0.1).astype(np.float16)
        data[:, :, at:at + 2] = scales[..., None].view(np.uint8)
    return data.reshape(rows, -1)


def main():
    rng = np.random.default_rng(1)
    writer = gguf.GGUFWriter(pathlib.Path(__file__).with_name("golden.gguf"), "llama")
    writer.add_uint8("value.u8", 200)
    writer.add_int8("value.i8", -100)
    writer.add_uint16("value.u16", 60000)
    writer.add_int16("value.i16", -30000)
    writer.add_uint32("value.u32", 4000000000)
    writer.add_int32("value.i32", -2000000000)
    writer.add_uint64("value.u64", 2**63 + 1)
    writer.add_int64("value.i64", -2**62)
    writer.add_float32("value.f32", 0.1)
    writer.add_float64("value.f64", 0.1)
    writer.add_bool("value.bool", True)
    writer.add_string("value.text", "Grüße")
    writer.add_array("value.texts", ["a", "", "ü"])
    writer.add_array("value.integers", [1, -2, 3])
    writer.add_array("value.floats", [0.5, -1.5])
    for name in TYPES:
        data = random_blocks(name, 2, 256, rng)
        kind = gguf.GGMLQuantizationType[name]
        writer.add_tensor(name, data, raw_dtype=kind)
        writer.add_tensor(f"{name}.expanded", gguf.quants.dequantize(data, kind).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
