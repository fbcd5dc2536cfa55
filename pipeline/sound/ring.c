// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/ring.h"

#include <string.h>

size_t ring_filled(const struct ring *ring)
{
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    return atomic_load_explicit(&ring->written, memory_order_acquire) - taken;
}

bool ring_write(struct ring *ring, const float *left, const float *right, size_t count)
{
    if (ring_filled(ring) + count > RING_FRAMES)
        return false;
    size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    for (size_t i = 0; i < count; i++) {
        float *frame = ring->frames[(written + i) % RING_FRAMES];
        frame[0] = left[i];
        frame[1] = right[i];
    }
    atomic_store_explicit(&ring->written, written + count, memory_order_release);
    return true;
}

size_t ring_read(struct ring *ring, float *frames, size_t count)
{
    size_t filled = ring_filled(ring);
    size_t n = count < filled ? count : filled;
    size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    for (size_t i = 0; i < n; i++)
        memcpy(frames + 2 * i, ring->frames[(taken + i) % RING_FRAMES], 2 * sizeof(float));
    atomic_store_explicit(&ring->taken, taken + n, memory_order_release);
    return n;
}

void ring_skip(struct ring *ring, size_t count)
{
    size_t filled = ring_filled(ring);
    atomic_fetch_add_explicit(&ring->taken, count < filled ? count : filled, memory_order_release);
}
