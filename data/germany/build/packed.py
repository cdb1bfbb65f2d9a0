"""Writing netCDF small: whole numbers times a step, shuffled and deflated."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

TIME_ATTRS = {"long_name": "start of the hour, UTC", "convention": "UTC, hour beginning"}


def write(dataset: xr.Dataset, path: Path, steps: dict[str, float], chunks: dict[str, int] | None = None) -> None:
    """Store every variable named in `steps` as int16 multiples of its step; the others as float32.

    The step is also an attribute (`resolution`), so that a reader knows the rounding. Pressure is shifted
    by 90,000 Pa to fit 16 bits.
    """
    encoding = {}
    for name, array in dataset.data_vars.items():
        if array.dtype.kind not in "fi":  # text as compressed characters; a reader gets text back
            encoding[name] = {"dtype": "S1", "zlib": True}
            continue
        packed = {"zlib": True, "complevel": 9, "shuffle": True}
        if name in steps:
            offset = 90_000.0 if name == "pressure_pa" else 0.0
            _check_range(name, array, steps[name], offset)
            packed |= {"dtype": "int16", "scale_factor": steps[name], "add_offset": offset, "_FillValue": -32768}
            array.attrs["resolution"] = f"rounded to {steps[name]:g}"
        else:
            packed |= {"dtype": "float32"}
        if chunks and "time" in array.dims:
            packed["chunksizes"] = tuple(chunks.get(d, array.sizes[d]) for d in array.dims)
        encoding[name] = packed
    if "time" in dataset.coords:
        start = str(dataset["time"].values[0])[:19].replace("T", " ")
        dataset["time"].attrs.update(TIME_ATTRS)
        encoding["time"] = {"units": f"hours since {start}", "dtype": "int32", "zlib": True, "shuffle": True}
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    dataset.to_netcdf(unfinished, engine="h5netcdf", encoding=encoding)
    unfinished.replace(path)  # a program that reads the old file keeps it, and no one sees half a file


def _check_range(name: str, array: xr.DataArray, step: float, offset: float) -> None:
    """Raise when a value does not fit 16 bits at this step."""
    low, high = (float(array.min()) - offset) / step, (float(array.max()) - offset) / step
    if low < -32767 or high > 32767:
        raise ValueError(f"{name}: {low * step} to {high * step} does not fit 16 bits in steps of {step}")
