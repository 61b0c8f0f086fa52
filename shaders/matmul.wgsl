// Matrix product: a workgroup computes a tile of `side` × `side` results, its invocations standing in a square of
// `across` × `across`. `depth` inner elements at a time go through workgroup memory; sums stay in registers, by four
// neighbouring columns. The finished tile goes through the same memory, in slices if it is larger, so that the epilogue
// appears once in the text and its stores coalesce. Every result is summed along k in order, whatever the tile. Products
// too small for tiles are reductions instead.
// Constants: m, n, k, batches, tiles_m, tiles_n, side, across, depth, threads; rows of sums: rows in all, held in a slice.

// The workgroup memory is `tiles`, by four elements side by side: rows of the left tile or columns of the right one, by
// inner element. The odd pitch keeps the transposing writes on distinct banks.
const quads = side / 4u;
const pitch = quads + 1u;

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
    let first_row = group / tiles_n % tiles_m * side;
    let first_column = group % tiles_n * side;
    let thread_row = local / across;
    let thread_column = local % across;
$sums
    for (var start = 0u; start < k; start += depth) {
        for (var part = 0u; part < depth * quads / threads; part++) {
            let slot = part * threads + local;
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
                tiles[(depth + inner) * pitch + quad] = vec4<f32>(
                    right(batch, start + inner, column),
                    right(batch, start + inner, column + 1u),
                    right(batch, start + inner, column + 2u),
                    right(batch, start + inner, column + 3u));
            }
        }
        workgroupBarrier();
        for (var inner = 0u; inner < depth; inner++) {
$products
        }
        workgroupBarrier();
    }
    for (var slice = 0u; slice < rows; slice += held) {
        let thread = thread_row * held * quads + thread_column;
$slices
        workgroupBarrier();
        for (var part = 0u; part < across * held * side / threads; part++) {
            let slot = part * threads + local;
            let sum = slice + slot / side % held;
            let row = first_row + (slot / side / held + sum / 4u * across) * 4u + sum % 4u;
            let column = first_column + slot % side;
            if (row < m && column < n) {
                let accumulator = tiles[slot / 4u][slot % 4u];
$epilogue
            }
        }
        workgroupBarrier();
    }
}
