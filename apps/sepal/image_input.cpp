#include "apps/sepal/image_input.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/array.h"

namespace sepal::program {
namespace {

// What tells a picture from other files.
constexpr std::uint64_t kBeginBytes = 16;

const char* color_mode_of(std::int64_t channels) {
  switch (channels) {
    case 1:
      return "grayscale";
    case 3:
      return "rgb";
    case 4:
      return "rgba";
    default:
      return nullptr;
  }
}

// The model's own length of an axis, or the one asked for.
std::optional<std::int64_t> length_of(std::int64_t wanted, std::int64_t asked, const KerasTensor& input) {
  if (wanted != kNone && asked != 0 && wanted != asked) {
    throw ValueError(fmt::format("--image-size: the model's input '{}' is {}. Received: {}", input.name(),
                                 input.shape().str(), asked));
  }
  if (wanted != kNone) return wanted;
  return asked != 0 ? std::optional(asked) : std::nullopt;
}

Tensor read_image(const std::string& path, const ImageLayout& layout) {
  LoadImgOptions options{.color_mode = layout.color_mode,
                         .interpolation = layout.interpolation,
                         .channels_first = layout.channels_first};
  if (layout.height && layout.width) options.target_size = ImageSize{*layout.height, *layout.width};
  return load_img(path, options);
}

}  // namespace

bool is_image_file(const std::string& path) {
  const InputFile file(path);
  std::vector<std::byte> begin(std::min(file.size(), kBeginBytes));
  file.read(0, begin);
  return is_image(begin);
}

ImageLayout image_layout(const Model& model, const ImageArguments& arguments) {
  const KerasTensors inputs = model->inputs();
  if (inputs.size() != 1) {
    throw ValueError(fmt::format("Pictures go into models with one input. Model '{}' has {}: give .npy files",
                                 model->name(), inputs.size()));
  }
  const KerasTensor& input = inputs[0];
  const Shape& shape = input.shape();
  ImageLayout layout{.height = {}, .width = {}, .color_mode = {}, .interpolation = arguments.interpolation};
  const char* last = shape.rank() == 4 ? color_mode_of(shape[3]) : nullptr;
  const char* first = shape.rank() == 4 ? color_mode_of(shape[1]) : nullptr;
  if (last == nullptr && first == nullptr) {
    throw ValueError(fmt::format(
        "Expected a model of pictures, (None, height, width, channels) or (None, channels, height, width) "
        "with 1, 3 or 4 channels. Received: input '{}' of shape {}",
        input.name(), shape.str()));
  }
  layout.channels_first = last == nullptr;
  layout.color_mode = layout.channels_first ? first : last;
  const int height_axis = layout.channels_first ? 2 : 1;
  layout.height = length_of(shape[height_axis], arguments.height, input);
  layout.width = length_of(shape[height_axis + 1], arguments.width, input);
  if (layout.height.has_value() != layout.width.has_value()) {
    throw ValueError(
        fmt::format("Only one side of the model's input '{}' {} is known: give both by --image-size",
                    input.name(), shape.str()));
  }
  return layout;
}

Tensor read_images(std::span<const std::string> paths, const ImageLayout& layout) {
  Tensors images(paths.size());
  parallel_parts(static_cast<std::int64_t>(paths.size()), [&](std::int64_t part) {
    const auto i = static_cast<std::size_t>(part);
    const Tensor image = read_image(paths[i], layout);
    images[i] = image.reshaped(image.shape().with_front(1));
  });
  for (std::size_t i = 1; i < images.size(); ++i) {
    if (images[i].shape() == images[0].shape()) continue;
    throw ValueError(fmt::format("'{}' is {}, '{}' before it {}: give their common size by --image-size",
                                 paths[i], images[i].shape().slice(1).str(), paths[0],
                                 images[0].shape().slice(1).str()));
  }
  return ops::concatenate(images, 0);
}

}  // namespace sepal::program
