// Sums updates into bins, one invocation per result, which walks all indices in order: WGSL has no
// atomic floats, and an order that varied would make runs differ.
// Constants: outer, count, bins, inner, threads.

fn run(group: u32, local: u32) {
    let at = group * threads + local;
    if (at >= outer * bins * inner) {
        return;
    }
    let element = at % inner;
    let bin = at / inner % bins;
    let problem = at / (inner * bins);
    var sum = 0.0;
    for (var update = 0u; update < count; update++) {
        if (min($index[problem * count + update + $index_offsetu], bins - 1u) == bin) {
            sum += bitcast<f32>($updates[(problem * count + update) * inner + element + $updates_offsetu]);
        }
    }
    $output[at] = bitcast<u32>(sum);
}
