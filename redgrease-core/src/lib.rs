//! Client of RedGrease: commands, typed values, the registry of gears.
