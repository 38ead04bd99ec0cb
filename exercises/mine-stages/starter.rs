//! Your server. `cargo exercise mine` says how far it has come, and what's next.

fn main() {
    // TODO: begin with stage 1: it starts, and says where.
}
