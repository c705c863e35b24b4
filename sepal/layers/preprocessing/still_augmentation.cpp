#include "sepal/layers/preprocessing/still_augmentation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

struct StillKind {
  const char* class_name;
  /// Its arguments besides those of every layer, `seed` and `data_format`.
  std::vector<const char*> arguments;
};

const std::vector<StillKind>& still_kinds() {
  static const std::vector<StillKind> kinds = {
      {"AugMix", {"value_range", "num_chains", "chain_depth", "factor", "alpha", "all_ops", "interpolation"}},
      {"CutMix", {"factor"}},
      {"MixUp", {"alpha"}},
      {"RandAugment", {"value_range", "num_ops", "factor", "interpolation"}},
      {"RandomColorDegeneration", {"factor", "value_range"}},
      {"RandomColorJitter",
       {"value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor"}},
      {"RandomElasticTransform",
       {"factor", "scale", "interpolation", "fill_mode", "fill_value", "value_range"}},
      {"RandomErasing", {"factor", "scale", "fill_value", "value_range"}},
      {"RandomGaussianBlur", {"factor", "kernel_size", "sigma", "value_range"}},
      {"RandomGrayscale", {"factor"}},
      {"RandomHue", {"factor", "value_range"}},
      {"RandomInvert", {"factor", "value_range"}},
      {"RandomPerspective", {"factor", "scale", "interpolation", "fill_value"}},
      {"RandomPosterization", {"factor", "value_range"}},
      {"RandomSaturation", {"factor", "value_range"}},
      {"RandomSharpness", {"factor", "value_range"}},
      {"RandomShear", {"x_factor", "y_factor", "interpolation", "fill_mode", "fill_value"}},
      {"Solarization", {"addition_factor", "threshold_factor", "value_range"}},
  };
  return kinds;
}

}  // namespace

StillAugmentationLayer::StillAugmentationLayer(std::string class_name, LayerArguments arguments,
                                               const Json& kept)
    : Layer(std::move(class_name), std::move(arguments)), kept_(std::make_shared<const Json>(kept)) {}

Tensor StillAugmentationLayer::call(const Tensor& input, const CallContext& context) {
  if (context.training) {
    throw UnimplementedError(fmt::format(
        "layer '{}': a layer of class {} changes images in training, which is not supported; it only runs "
        "outside of training.",
        name(), class_name()));
  }
  return ops::cast(input, compute_dtype());
}

void StillAugmentationLayer::put_config(Json& config) const {
  for (const auto& [key, value] : kept_->items()) config[key] = value;
}

void add_still_augmentations(std::map<std::string, LayerFactory>& rows) {
  for (const StillKind& kind : still_kinds()) {
    rows[kind.class_name] = [&kind](const Json& config, const std::string& owner) -> std::shared_ptr<Layer> {
      std::vector<const char*> keys = kind.arguments;
      keys.insert(keys.end(), {"seed", "data_format", "bounding_box_format"});
      LayerArguments arguments;
      ConfigReader reader(config, owner);
      expect_no_empty_name(config, owner);
      reader("name", arguments.name);
      reader("trainable", arguments.trainable);
      reader("dtype", arguments.dtype);
      reader.ignore(keys);
      reader.expect_all_used();
      Json kept = Json::object();
      for (const char* key : keys) {
        if (const Json* value = config_find(config, owner, key)) kept[key] = *value;
      }
      return std::make_shared<StillAugmentationLayer>(kind.class_name, std::move(arguments), kept);
    };
  }
}

}  // namespace sepal
