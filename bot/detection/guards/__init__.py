"""Guards against what looks like a flow and is none: each holds a window or leaves an amount out."""
