//! A TCP proxy that can cut, stall and slow what passes.
