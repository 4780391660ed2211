//! Text to value: what literals, casts of strings and COPY's fields are read with.
