"""Pure functions of weather, plant, distance and money: arrays in, arrays out, units in the names."""
