// Element by element. A workgroup covers `per_thread` runs of 64 neighbours, so that reads coalesce.
// Constants: elements, per_thread, grid_width.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let group = workgroup.y * grid_width + workgroup.x;
    for (var part = 0u; part < per_thread; part++) {
        let at = (group * per_thread + part) * 64u + local;
        if (at >= elements) {
            return;
        }
$body
    }
}
