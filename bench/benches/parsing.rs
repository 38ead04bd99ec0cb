//! `cargo bench --manifest-path bench/Cargo.toml`: the parsers one after the other,
//! with spread and throughput. For the ratio, run `… -- parsing`, where they take
//! turns.

use bench::parsing;
use bench::samples::{SAMPLES, Sample};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

#[divan::bench(args = SAMPLES)]
fn step05(bencher: Bencher<'_, '_>, sample: Sample) {
    bench(bencher, sample, parsing::with_step05);
}

#[divan::bench(args = SAMPLES)]
fn httparse(bencher: Bencher<'_, '_>, sample: Sample) {
    bench(bencher, sample, parsing::with_httparse);
}

#[divan::bench(args = SAMPLES)]
fn httparse_uncleared(bencher: Bencher<'_, '_>, sample: Sample) {
    bench(bencher, sample, parsing::with_httparse_uncleared);
}

fn bench(bencher: Bencher<'_, '_>, sample: Sample, parser: impl Fn(&[u8]) -> usize) {
    bencher
        .counter(BytesCount::of_slice(sample.bytes))
        .bench_local(|| parser(black_box(sample.bytes)));
}
