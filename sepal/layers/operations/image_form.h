// Images alone or in a batch, with their channels first or last, as one form: (batch, rows, columns,
// channels). Not a public header.
#pragma once

#include <vector>

#include "sepal/layers/operations/array_operation.h"
#include "sepal/ops/array.h"

namespace sepal {

/// @throws ValueError if this is the shape of neither an image nor a batch of them.
void expect_image_rank(const Shape& shape);

/// The axes in the order (batch, rows, columns, channels), and back.
std::vector<int> to_channels_last(int rank);
std::vector<int> to_channels_first(int rank);

/// The lengths in another order of the axes.
Shape reordered(const Shape& shape, const std::vector<int>& order);

/// f, which wants images (n, h, w, c), on images of any form.
template <class F>
Tensor on_batch(const DataFormatName& format, const Tensor& given, const F& f) {
  expect_image_rank(given.shape());
  Tensor x = given;
  if (format.channels_first()) x = ops::transpose(x, to_channels_last(x.rank()));
  const bool single = x.rank() == 3;
  if (single) x = ops::reshape(x, x.shape().with_front(1));
  Tensor y = f(x);
  if (single) y = ops::reshape(y, y.shape().slice(1));
  return format.channels_first() ? ops::transpose(y, to_channels_first(y.rank())) : y;
}

/// The same for shapes.
template <class F>
Shape shape_on_batch(const DataFormatName& format, const Shape& given, const F& f) {
  expect_image_rank(given);
  Shape shape = format.channels_first() ? reordered(given, to_channels_last(given.rank())) : given;
  const bool single = shape.rank() == 3;
  Shape result = f(single ? shape.with_front(1) : shape);
  if (single) result = result.slice(1);
  return format.channels_first() ? reordered(result, to_channels_first(result.rank())) : result;
}

}  // namespace sepal
