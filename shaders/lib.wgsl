// Scalar functions that WGSL lacks or leaves inexact. Paragraphs are separated by blank lines; a kernel
// receives those whose names it mentions, so a paragraph holds one function and nothing else.
// Nothing here tests for NaN or infinity: a compiler may assume that there are none.

// log(1 + a). Near 0 by the series of 2 artanh(a / (2 + a)), as 1 + a would lose the digits of a.
fn petri_log1p(a: f32) -> f32 {
    let ratio = a / (2.0 + a);
    let square = ratio * ratio;
    let series = 1.0 + square * (0.33333333 + square * (0.2 + square * (0.14285714 + square * (0.11111111 + square * 0.09090909))));
    return select(log(1.0 + a), 2.0 * ratio * series, a > -0.3 && a < 0.42);
}

// a to the power b for a ≥ 0. The built-in's logarithm has few digits near 1, where Adam's bias
// correction 1 - 0.999^t needs them; elsewhere a - 1 would lose those of a. The logarithm of 0 is
// undefined in WGSL, so its powers are given.
fn petri_pow(a: f32, b: f32) -> f32 {
    if (b == 0.0) {
        return 1.0;
    }
    if (a == 0.0 && b > 0.0) {
        return 0.0;
    }
    let logarithm = select(log(a), petri_log1p(a - 1.0), a > 0.7 && a < 1.42);
    return exp(b * logarithm);
}

// Near 0 by a polynomial (Moshier, Cephes, tanhf.c), elsewhere by an exponential that cannot overflow.
fn petri_tanh(a: f32) -> f32 {
    let square = a * a;
    let series = (((-5.70498872745e-3 * square + 2.06390887954e-2) * square - 5.37397155531e-2) * square
        + 1.33314422036e-1) * square - 3.33332819422e-1;
    let decay = exp(-2.0 * abs(a));
    let far = sign(a) * (1.0 - decay) / (1.0 + decay);
    return select(far, a + a * square * series, abs(a) < 0.625);
}

fn petri_sigmoid(a: f32) -> f32 {
    let decay = exp(-abs(a));
    return select(decay, 1.0, a >= 0.0) / (1.0 + decay);
}

fn petri_softplus(a: f32) -> f32 {
    return max(a, 0.0) + petri_log1p(exp(-abs(a)));
}

// Within 1 by a polynomial (Moshier, Cephes, ndtrf.c), beyond by Abramowitz and Stegun 7.1.26.
fn petri_erf(a: f32) -> f32 {
    let square = a * a;
    let near = a * ((((((7.853861353153693e-5 * square - 8.010193625184903e-4) * square + 5.188327685732524e-3) * square
        - 2.685381193529856e-2) * square + 1.128358514861418e-1) * square - 3.761262582423300e-1) * square
        + 1.128379165726710);
    let t = 1.0 / (1.0 + 0.3275911 * abs(a));
    let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    let far = sign(a) * (1.0 - tail * exp(-square));
    return select(far, near, abs(a) < 1.0);
}

// Towards zero, saturating; 4294967040 is the largest float below 2^32.
fn petri_u32(a: f32) -> u32 {
    return select(u32(clamp(a, 0.0, 4294967040.0)), 0xffffffffu, a >= 4294967296.0);
}

// Threefry-2x32 with 20 rounds, as in rng.rs: the exclusive or of the two output words.
fn petri_threefry(seed: u32, stream: u32, step: u32, element: u32) -> u32 {
    let third = seed ^ stream ^ 0x1bd11bdau;
    var x = vec2<u32>(step + seed, element + stream);
    x = petri_threefry_even(x) + vec2<u32>(stream, third + 1u);
    x = petri_threefry_odd(x) + vec2<u32>(third, seed + 2u);
    x = petri_threefry_even(x) + vec2<u32>(seed, stream + 3u);
    x = petri_threefry_odd(x) + vec2<u32>(stream, third + 4u);
    x = petri_threefry_even(x) + vec2<u32>(third, seed + 5u);
    return x.x ^ x.y;
}

fn petri_threefry_even(x: vec2<u32>) -> vec2<u32> {
    var y = petri_threefry_round(x, 13u);
    y = petri_threefry_round(y, 15u);
    y = petri_threefry_round(y, 26u);
    return petri_threefry_round(y, 6u);
}

fn petri_threefry_odd(x: vec2<u32>) -> vec2<u32> {
    var y = petri_threefry_round(x, 17u);
    y = petri_threefry_round(y, 29u);
    y = petri_threefry_round(y, 16u);
    return petri_threefry_round(y, 24u);
}

fn petri_threefry_round(x: vec2<u32>, by: u32) -> vec2<u32> {
    let sum = x.x + x.y;
    return vec2<u32>(sum, ((x.y << by) | (x.y >> (32u - by))) ^ sum);
}

// A float from its bits that the compiler may not evaluate: constants have to be finite.
fn petri_bits(bits: u32) -> f32 {
    var opaque = bits;
    return bitcast<f32>(opaque);
}
