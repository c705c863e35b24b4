// How fast this machine multiplies and adds when nothing else is in the way.
#pragma once

namespace sepal::bench {

/// float32 operations per second (two per multiply-add) of `threads` threads together that run chains of
/// fused multiply-adds in registers, with the widest vectors of this machine. Takes about 0.1 s.
double fma_peak(int threads);

}  // namespace sepal::bench
