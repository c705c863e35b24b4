// A model of one's own parts: it is trained, saved and loaded, and what was loaded predicts the same.
//
//   own_layer [FOLDER]     writes FOLDER/own_layer.keras
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "examples/own_layer/own_functions.h"
#include "examples/own_layer/own_layers.h"

namespace own_layer {
namespace {

constexpr std::int64_t kRows = 256;
constexpr std::int64_t kSteps = 16;

// Waves of different height and mean, two features of 16 steps each.
Tensor make_waves() {
  Tensor waves({kRows, kSteps, 2});
  float* value = waves.mutable_data<float>();
  for (int row = 0; row < kRows; ++row) {
    for (int step = 0; step < kSteps; ++step) {
      *value++ = static_cast<float>(std::sin(0.37 * row) * std::sin(0.8 * step));
      *value++ = static_cast<float>(std::cos(0.61 * row) + 0.1 * std::sin(0.5 * step));
    }
  }
  return waves;
}

// What the model is to find: the power of the first wave plus the mean of the second.
Tensor make_targets(const Tensor& waves) {
  const Tensor power = ops::mean(ops::square(ops::slice(waves, 2, 0, 1)), {{1}});
  return ops::add(power, ops::mean(ops::slice(waves, 2, 1, 2), {{1}}));
}

Model make_model() {
  const KerasTensor waves = Input({.shape = {kSteps, 2}, .name = "waves"});
  KerasTensor x = Moments()(waves);
  x = Residual({.hidden = 16, .dropout = 0.05})(x);
  x = Quadratic({.units = 4, .activation = "bent_identity", .kernel_regularizer = PullTo{.factor = 1e-4}})(x);
  return Model(waves, layers::Dense({.units = 1})(x), "own_parts");
}

int run(const std::filesystem::path& folder) {
  set_random_seed(7);
  register_own_layers();
  register_own_functions();

  const Tensor x = make_waves();
  const Tensor y = make_targets(x);
  const Model model = make_model();
  std::printf("%s", model->summary().c_str());

  model->compile({.optimizer = optimizers::Adam({.learning_rate = 0.01}),
                  .loss = Pinball{.quantile = 0.5},
                  .metrics = {MetricFunction("missed")}});
  const Logs before = model->evaluate(x, y, {.verbose = 0});
  model->fit(x, y, {.batch_size = 32, .epochs = 20, .verbose = 0});
  const Logs after = model->evaluate(x, y, {.verbose = 0});
  std::printf("loss   %.4f -> %.4f\n", *before.find("loss"), *after.find("loss"));
  std::printf("missed %.4f -> %.4f\n", *before.find("missed"), *after.find("missed"));

  std::filesystem::create_directories(folder);
  const std::string path = (folder / "own_layer.keras").string();
  model->save(path);

  // The file names "Custom>Quadratic", "Custom>PullTo" …; the registry leads from there to the classes above.
  const Model loaded = load_model(path);
  const bool same = std::ranges::equal(loaded->predict(x).values<float>(), model->predict(x).values<float>());
  const bool same_loss = *loaded->evaluate(x, y, {.verbose = 0}).find("loss") == *after.find("loss");
  std::printf("loaded from %s: predictions %s, loss %s\n", path.c_str(), same ? "equal" : "differ",
              same_loss ? "equal" : "differs");
  const bool learned = *after.find("loss") < 0.5 * *before.find("loss");
  return same && same_loss && learned ? 0 : 1;
}

}  // namespace
}  // namespace own_layer

int main(int argc, char** argv) {
  try {
    return own_layer::run(argc > 1 ? argv[1] : "out/own_layer");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
