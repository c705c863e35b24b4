// Batch normalization (Ioffe and Szegedy 2015) and sums over channels, float and double, any position of the
// channel axis. On all threads; the order of additions depends on the layout alone. Statistics are added in
// double from blocks that are added in T.
#pragma once

#include "sepal/kernels/channel_blocks.h"
#include "sepal/kernels/epilogue.h"

namespace sepal::kernels {

/// sums[c] = sum of x over channel c: the gradient of a bias.
template <class T>
void channel_sums(const ChannelLayout& layout, const T* x, T* sums);

/// Mean and variance (divided by the count) of each channel; NaN if there are no elements. Every block's
/// deviations are taken from its own mean (Chan, Golub and LeVeque 1979), so a mean that is large against the
/// deviation costs no digits.
template <class T>
void channel_moments(const ChannelLayout& layout, const T* x, T* mean, T* variance);

/// y = clamp((x - mean) scale + shift), all per channel.
template <class T>
struct ChannelMap {
  const T* mean;
  const T* scale;
  const T* shift;
  Clamp clamp = {};
};

template <class T>
void batch_norm_apply(const ChannelLayout& layout, const T* x, const ChannelMap<T>& map, T* y);

/// dy_sums = sum of dy, products = sum of dy (x - mean), over each channel. dy, the gradient of y, counts as
/// 0 where y lies on a bound or was clamped to it.
template <class T>
void batch_norm_gradient_sums(const ChannelLayout& layout, const T* x, const T* dy, const ChannelMap<T>& map,
                              T* dy_sums, T* products);

/// The gradient of x through normalization by x's own statistics, from the sums above; `map.scale` is
/// gamma * inverse_deviation.
template <class T>
void batch_norm_input_gradient(const ChannelLayout& layout, const T* x, const T* dy, const ChannelMap<T>& map,
                               const T* inverse_deviation, const T* dy_sums, const T* products, T* dx);

}  // namespace sepal::kernels
