//! Every link of the built book.
