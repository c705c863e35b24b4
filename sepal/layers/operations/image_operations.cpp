// Operations on images: colors, frames, filters.
#include <fmt/format.h>

#include <cmath>

#include "sepal/base/error.h"
#include "sepal/layers/operations/image_form.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/color.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

using keras_modules::kImage;

struct ImageOptions {
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("data_format", o.data_format);
  }
};

using MaybeLength = std::optional<std::int64_t>;

struct PadImagesOptions {
  MaybeLength top = {}, left = {}, bottom = {}, right = {}, height = {}, width = {};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("top_padding", o.top);
    v("left_padding", o.left);
    v("bottom_padding", o.bottom);
    v("right_padding", o.right);
    v("target_height", o.height);
    v("target_width", o.width);
    v("data_format", o.data_format);
  }
};

struct CropImagesOptions {
  MaybeLength top = {}, left = {}, bottom = {}, right = {}, height = {}, width = {};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("top_cropping", o.top);
    v("left_cropping", o.left);
    v("bottom_cropping", o.bottom);
    v("right_cropping", o.right);
    v("target_height", o.height);
    v("target_width", o.width);
    v("data_format", o.data_format);
  }
};

struct BlurOptions {
  IntTuple kernel_size = {3, 3};
  std::vector<double> sigma = {1.0, 1.0};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("kernel_size", o.kernel_size);
    v("sigma", o.sigma);
    v("data_format", o.data_format);
  }
};

Shape gray_shape(const ImageOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [](Shape shape) {
    shape[3] = 1;
    return shape;
  });
}

Tensor gray(const ImageOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [](const Tensor& x) {
    if (x.shape()[-1] == 1) return x;
    if (is_floating(x.dtype())) return ops::rgb_to_grayscale(x);
    return ops::cast(ops::rgb_to_grayscale(ops::cast(x, floatx())), x.dtype());
  });
}

using ColorFunction = Tensor (*)(const Tensor&);

template <ColorFunction kFunction>
Tensor recolored(const ImageOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), kFunction);
}

// What is left out follows from the other two: before + length + after = target.
struct Frame {
  std::int64_t before;
  std::int64_t after;
};

Frame frame_of(const char* argument, const MaybeLength& before, const MaybeLength& after,
               const MaybeLength& rest) {
  const int given = (before ? 1 : 0) + (after ? 1 : 0) + (rest ? 1 : 0);
  if (given < 2) throw ValueError(fmt::format("Two of the numbers for the {} must be specified.", argument));
  Frame frame{before.value_or(0), after.value_or(0)};
  if (!before) frame.before = *rest - frame.after;
  if (!after) frame.after = *rest - frame.before;
  if (frame.before < 0 || frame.after < 0 || frame.before > (std::int64_t{1} << 40) ||
      frame.after > (std::int64_t{1} << 40)) {
    throw ValueError(fmt::format("The {} must be >= 0 on both sides. Received: {} and {}", argument,
                                 frame.before, frame.after));
  }
  return frame;
}

MaybeLength difference(const MaybeLength& a, std::int64_t b) {
  return a ? MaybeLength(*a - b) : MaybeLength();
}

Shape padded_images_shape(const PadImagesOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [&](Shape s) {
    const auto padded = [](const char* argument, std::int64_t length, const MaybeLength& before,
                           const MaybeLength& after, const MaybeLength& target) -> std::int64_t {
      if (length == kNone) return target.value_or(kNone);
      const Frame frame = frame_of(argument, before, after, difference(target, length));
      return length + frame.before + frame.after;
    };
    s[1] = padded("height's padding", s[1], o.top, o.bottom, o.height);
    s[2] = padded("width's padding", s[2], o.left, o.right, o.width);
    return s;
  });
}

Tensor padded_images(const PadImagesOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    const Frame rows = frame_of("height's padding", o.top, o.bottom, difference(o.height, x.shape()[1]));
    const Frame columns = frame_of("width's padding", o.left, o.right, difference(o.width, x.shape()[2]));
    return ops::pad(x, {{0, 0}, {rows.before, rows.after}, {columns.before, columns.after}, {0, 0}});
  });
}

Frame crop_of(const char* argument, std::int64_t length, const MaybeLength& before, const MaybeLength& after,
              const MaybeLength& target) {
  const Frame frame =
      frame_of(argument, before, after, target ? MaybeLength(length - *target) : MaybeLength());
  if (frame.before + frame.after > length)
    throw ValueError(fmt::format("The {} leaves nothing of a length of {}.", argument, length));
  return frame;
}

Shape cropped_images_shape(const CropImagesOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [&](Shape s) {
    const auto cropped = [](const char* argument, std::int64_t length, const MaybeLength& before,
                            const MaybeLength& after, const MaybeLength& target) -> std::int64_t {
      if (length == kNone) return target.value_or(kNone);
      const Frame frame = crop_of(argument, length, before, after, target);
      return length - frame.before - frame.after;
    };
    s[1] = cropped("height's cropping", s[1], o.top, o.bottom, o.height);
    s[2] = cropped("width's cropping", s[2], o.left, o.right, o.width);
    return s;
  });
}

Tensor cropped_images(const CropImagesOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    const Frame rows = crop_of("height's cropping", x.shape()[1], o.top, o.bottom, o.height);
    const Frame columns = crop_of("width's cropping", x.shape()[2], o.left, o.right, o.width);
    return ops::slice(ops::slice(x, 1, rows.before, x.shape()[1] - rows.after), 2, columns.before,
                      x.shape()[2] - columns.after);
  });
}

std::vector<double> bell(std::int64_t size, double sigma) {
  std::vector<double> values;
  double sum = 0.0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double distance = (static_cast<double>(i) - static_cast<double>(size - 1) / 2.0) / sigma;
    values.push_back(std::exp(-0.5 * distance * distance));
    sum += values.back();
  }
  for (double& value : values) value /= sum;
  return values;
}

Tensor blurred(const BlurOptions& o, const Tensors& inputs) {
  const IntTuple size = standardize_tuple(o.kernel_size, 2, "kernel_size");
  if (o.sigma.size() != 2 || size[0] > 4096 || size[1] > 4096)
    throw ValueError("GaussianBlur: `sigma` must be two numbers, and `kernel_size` at most 4096.");
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    // As in Keras the bell of the second size runs over the rows of a matrix that is then read in the order
    // of the first size.
    const std::vector<double> first = bell(size[0], o.sigma[0]);
    const std::vector<double> second = bell(size[1], o.sigma[1]);
    std::vector<double> cells;
    for (const double a : second) {
      for (const double b : first) cells.push_back(a * b);
    }
    const Tensor kernel = Tensor::from<double>(cells, {size[0], size[1], 1, 1}).astype(x.dtype());
    return ops::depthwise_conv2d(x, ops::tile(kernel, {1, 1, x.shape()[3], 1}), Tensor(),
                                 {.padding = ops::Padding::same});
  });
}

// Differences of rows, then of columns, as a last axis; images are mirrored around their border pixels.
Tensor sobel_edges(const ImageOptions& o, const Tensors& inputs) {
  const bool channels_first = o.data_format.channels_first();
  const Tensor given = inputs.at(0);
  if (given.rank() != 4)
    throw ValueError(
        fmt::format("SobelEdges: expected images of rank 4. Received: shape={}", given.shape().str()));
  Tensor x = channels_first ? ops::transpose(given, to_channels_last(4)) : given;
  const Shape s = x.shape();
  for (const int axis : {1, 2}) {
    const std::int64_t length = s[axis];
    if (length < 2) throw ValueError("SobelEdges: images must have at least two rows and columns.");
    x = ops::concatenate({ops::slice(x, axis, 1, 2), x, ops::slice(x, axis, length - 2, length - 1)}, axis);
  }
  const Tensor kernel =
      Tensor::from<double>({-1, -1, -2, 0, -1, 1, 0, -2, 0, 0, 0, 2, 1, -1, 2, 0, 1, 1}, {3, 3, 1, 2});
  const Tensor edges =
      ops::depthwise_conv2d(x, ops::tile(kernel.astype(x.dtype()), {1, 1, s[3], 1}), Tensor(), {});
  const Tensor pairs = ops::reshape(edges, {s[0], s[1], s[2], s[3], 2});
  return channels_first ? ops::transpose(pairs, {0, 3, 1, 2, 4}) : pairs;
}

Shape edges_shape(const ImageOptions&, const Shapes& shapes) {
  Shape shape = shapes.at(0);
  shape.push_back(2);
  return shape;
}

}  // namespace

void add_image_operations(std::map<std::string, LayerFactory>& rows) {
  add_row<ImageOptions>(rows, {"RGBToGrayscale", &gray, &gray_shape, false, kImage});
  add_row<ImageOptions>(rows,
                        {"RGBToHSV", &recolored<ops::rgb_to_hsv>, &same_shape<ImageOptions>, false, kImage});
  add_row<ImageOptions>(rows,
                        {"HSVToRGB", &recolored<ops::hsv_to_rgb>, &same_shape<ImageOptions>, false, kImage});
  add_row<ImageOptions>(rows, {"SobelEdges", &sobel_edges, &edges_shape, false, kImage});
  add_row<BlurOptions>(rows, {"GaussianBlur", &blurred, &same_shape<BlurOptions>, false, kImage});
  add_row<PadImagesOptions>(rows, {"PadImages", &padded_images, &padded_images_shape, false, kImage});
  add_row<CropImagesOptions>(rows, {"CropImages", &cropped_images, &cropped_images_shape, false, kImage});
}

}  // namespace sepal
