"""Builds the German data set of `siting` from files that ship inside public packages.

    python data/germany/build --downloads DIR
    python -m build --downloads DIR              (from data/germany)

Nothing here is needed at run time. Build requirements: numpy, pandas, xarray, h5netcdf, scipy,
geopandas, shapely, pyarrow and PyYAML; `pip` always, `npm` only when the folder holds no copy of
world-atlas.
"""
