// What the layers for images share: one image is a batch of one.
#pragma once

#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// The axis of the height in an image of rank 3 or a batch of rank 4; the width is the next one.
/// @throws ValueError for another rank.
int height_axis(const Shape& shape, const std::string& data_format);

/// The shape with that height and width.
Shape with_size(const Shape& shape, const std::string& data_format, std::int64_t height, std::int64_t width);

/// (h, w, c) as (1, h, w, c); a batch as it is.
Tensor as_batch(const Tensor& images);

/// `length` in the ratio `to` / `from`; Keras counts in float32 and cuts.
std::int64_t scaled_length(std::int64_t length, std::int64_t to, std::int64_t from);

/// The middle of a batch of images whose height is axis `axis`, in the aspect ratio of another size.
Tensor middle_of_aspect(const Tensor& images, int axis, std::int64_t height, std::int64_t width);

/// @throws ValueError if height or width is below 1 or has more than 31 bits.
void expect_size(std::int64_t height, std::int64_t width);

}  // namespace sepal
