// Matrix product: 8 × 8 invocations compute a tile of 32 × 32 results, 4 × 4 each in registers, 16 inner
// elements at a time through workgroup memory. This size is the safe choice on every GPU; larger tiles
// pay only on large ones. The finished tile goes through the same memory, so that the epilogue appears
// once in the text and its stores coalesce. Products too small for tiles are reductions instead.
// Constants: m, n, k, batches, tiles_m, tiles_n.

// Four elements side by side: rows of the left tile or columns of the right one, by inner element. The
// pitch of 9 keeps the transposing writes on distinct banks.
const pitch = 9u;
var<workgroup> tiles: array<vec4<f32>, 288>;

fn left(batch: u32, row: u32, inner: u32) -> f32 {
    if ($left_outside) {
        return 0.0;
    }
$left_axes
    return bitcast<f32>($left_element);
}

fn right(batch: u32, inner: u32, column: u32) -> f32 {
    if ($right_outside) {
        return 0.0;
    }
$right_axes
    return bitcast<f32>($right_element);
}

fn run(group: u32, local: u32) {
    let batch = group / (tiles_m * tiles_n);
    if (batch >= batches) {
        return;
    }
    let first_row = group / tiles_n % tiles_m * 32u;
    let first_column = group % tiles_n * 32u;
    let thread_row = local / 8u;
    let thread_column = local % 8u;
    var sum0 = vec4<f32>();
    var sum1 = vec4<f32>();
    var sum2 = vec4<f32>();
    var sum3 = vec4<f32>();
    for (var start = 0u; start < k; start += 16u) {
        for (var part = 0u; part < 2u; part++) {
            let slot = part * 64u + local;
            {
                let inner = $left_inner;
                let quad = $left_quad;
                let row = first_row + quad * 4u;
                tiles[inner * pitch + quad] = vec4<f32>(
                    left(batch, row, start + inner),
                    left(batch, row + 1u, start + inner),
                    left(batch, row + 2u, start + inner),
                    left(batch, row + 3u, start + inner));
            }
            {
                let inner = $right_inner;
                let quad = $right_quad;
                let column = first_column + quad * 4u;
                tiles[(16u + inner) * pitch + quad] = vec4<f32>(
                    right(batch, start + inner, column),
                    right(batch, start + inner, column + 1u),
                    right(batch, start + inner, column + 2u),
                    right(batch, start + inner, column + 3u));
            }
        }
        workgroupBarrier();
        for (var inner = 0u; inner < 16u; inner++) {
            let a = tiles[inner * pitch + thread_row];
            let b = tiles[(16u + inner) * pitch + thread_column];
            sum0 += a.x * b;
            sum1 += a.y * b;
            sum2 += a.z * b;
            sum3 += a.w * b;
        }
        workgroupBarrier();
    }
    tiles[(thread_row * 4u) * 8u + thread_column] = sum0;
    tiles[(thread_row * 4u + 1u) * 8u + thread_column] = sum1;
    tiles[(thread_row * 4u + 2u) * 8u + thread_column] = sum2;
    tiles[(thread_row * 4u + 3u) * 8u + thread_column] = sum3;
    workgroupBarrier();
    for (var part = 0u; part < 16u; part++) {
        let slot = part * 64u + local;
        let row = first_row + slot / 32u;
        let column = first_column + slot % 32u;
        if (row < m && column < n) {
            let accumulator = tiles[slot / 4u][slot % 4u];
$epilogue
        }
    }
}
