//! The exercises, one file each.

/// Names the exercises once: their files, and their place in the list.
macro_rules! exercises {
    ($($id:ident)*) => {
        $(mod $id;)*

        /// All exercises, in the order in which they are done.
        pub const EXERCISES: &[crate::Exercise] = &[$($id::EXERCISE),*];
    };
}

exercises! {
    ex01a
    ex01b
    ex02a
    ex03a
    ex03b
    ex03c
    ex04a
    ex04b
    ex04c
    ex04d
    ex05a
    ex05b
    ex05c
    ex05d
    ex05e
    ex06a
    ex06b
    ex06c
    ex06d
}
