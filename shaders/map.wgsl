// Element by element. A workgroup covers `per_thread` runs of `threads` neighbours, so that reads coalesce.
// Constants: elements, per_thread, threads.

fn run(group: u32, local: u32) {
    for (var part = 0u; part < per_thread; part++) {
        let at = (group * per_thread + part) * threads + local;
        if (at >= elements) {
            return;
        }
$body
    }
}
