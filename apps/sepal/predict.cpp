#include "apps/sepal/predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <system_error>

#include "apps/sepal/interrupts.h"
#include "apps/sepal/model_file.h"
#include "sepal/base/error.h"
#include "sepal/base/terminal.h"
#include "sepal/data/npy.h"
#include "sepal/layers/applications/imagenet_utils.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/saving/printable.h"
#include "sepal/train/callbacks/progress_bar.h"

namespace sepal::program {
namespace {

int verbosity(const GlobalArguments& global) { return stdout_is_terminal() && !global.json ? 1 : 0; }

Tensor preprocessed(const Tensor& pixels, const std::string& mode, bool channels_first) {
  if (mode == "none") return pixels;
  if (mode == "0-1") {
    const Tensor floats = is_floating(pixels.dtype()) ? pixels : ops::cast(pixels, DType::float32);
    return ops::divide(floats, Tensor::scalar(255.0, floats.dtype()));
  }
  return preprocess_input(pixels, mode, channels_first ? "channels_first" : "channels_last");
}

Tensors predict_arrays(const Model& model, const PredictArguments& arguments, int verbose) {
  Tensors inputs = read_arrays(arguments.inputs);
  if (arguments.preprocess != "none") {
    const bool channels_first = image_layout(model, {}).channels_first;
    for (Tensor& input : inputs) input = preprocessed(input, arguments.preprocess, channels_first);
  }
  return run_model(model, inputs, {.batch_size = arguments.batch_size, .verbose = verbose});
}

// Batch by batch from the files: all pictures at once may not fit into memory.
Tensors predict_images(const Model& model, const PredictArguments& arguments, int verbose) {
  const ImageLayout layout = image_layout(model, arguments.images);
  const std::span<const std::string> paths = arguments.inputs;
  const auto batch = static_cast<std::size_t>(arguments.batch_size);
  const std::size_t steps = (paths.size() + batch - 1) / batch;
  callbacks::ProgressBar bar;
  bar.begin(*model, {.epochs = 1, .steps = static_cast<std::int64_t>(steps), .verbose = verbose});
  bar.on_test_begin();
  std::vector<Tensors> batches_of;  // of each output
  for (std::size_t step = 0; step < steps; ++step) {
    const auto part = paths.subspan(step * batch, std::min(batch, paths.size() - step * batch));
    const Tensor pixels =
        preprocessed(read_images(part, layout), arguments.preprocess, layout.channels_first);
    const Tensors outputs = model->predict_on_batch(pixels);
    batches_of.resize(outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) batches_of[i].push_back(outputs[i]);
    if (verbose > 0) bar.on_test_batch_end(static_cast<std::int64_t>(step), {});
  }
  if (verbose > 0) bar.on_test_end({});
  Tensors outputs;
  for (const Tensors& batches : batches_of) outputs.push_back(ops::concatenate(batches, 0));
  return outputs;
}

// Says what to give instead.
[[noreturn]] void refuse_folder(const std::filesystem::path& folder) {
  std::set<std::string> kinds;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string kind = entry->path().extension().string();
    if (kind == ".npy" || kind == ".png" || kind == ".jpg" || kind == ".jpeg") kinds.insert(kind);
  }
  std::string files;
  for (const std::string& kind : kinds) files += ' ' + (folder / ("*" + kind)).string();
  throw ValueError(fmt::format("'{}' is a folder: give files of it,{}", folder.string(),
                               files.empty() ? " .npy files or pictures" : files));
}

bool are_images(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (std::filesystem::is_directory(path)) refuse_folder(path);
  }
  const bool first = is_image_file(paths[0]);
  for (const std::string& path : paths) {
    if (is_image_file(path) == first) continue;
    throw ValueError(fmt::format("Expected either pictures or .npy files. Received: '{}', {}, and '{}', {}",
                                 paths[0], first ? "a picture" : "none", path, first ? "none" : "a picture"));
  }
  return first;
}

Json write_outputs(const Tensors& outputs, const std::string& prefix, const GlobalArguments& global) {
  const HoldsInterrupts holds_interrupts;  // all outputs or none
  Json written = Json::array();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string path = fmt::format("{}_{}.npy", prefix, i);
    // NumPy has no bfloat16; its numbers are float32 numbers.
    const Tensor output =
        outputs[i].dtype() == DType::bfloat16 ? outputs[i].astype(DType::float32) : outputs[i];
    write_npy(path, output);
    if (!global.json) {
      say(fmt::format("{}: {} {}\n", path, name_of(output.dtype()), output.shape().str()));
    }
    written.push_back(
        {{"file", path}, {"dtype", std::string(name_of(output.dtype()))}, {"shape", output.shape().dims()}});
  }
  return written;
}

// Classes without names are told by their numbers.
std::vector<ClassName> numbered_classes(const Tensor& scores) {
  std::vector<ClassName> classes;
  for (std::int64_t i = 0; scores.rank() == 2 && i < scores.shape()[1]; ++i) {
    classes.push_back({"", fmt::format("class {}", i)});
  }
  return classes;
}

Json tell_classes(const Tensor& scores, const std::vector<ClassName>& names,
                  const PredictArguments& arguments, bool images, const GlobalArguments& global) {
  const auto decoded = decode_predictions(scores, names, arguments.top);
  Json told = Json::array();
  for (std::size_t row = 0; row < decoded.size(); ++row) {
    const std::string name = images ? arguments.inputs[row] : fmt::format("row {}", row);
    if (!global.json) say(name + "\n");
    Json classes = Json::array();
    for (const Prediction& prediction : decoded[row]) {
      const std::string id = prediction.label.id.empty() ? "" : fmt::format(" ({})", prediction.label.id);
      if (!global.json) {
        say(fmt::format("  {:.4f}  {}{}\n", prediction.score, printable(prediction.label.name),
                        printable(id)));
      }
      classes.push_back({{"index", prediction.index},
                         {"id", prediction.label.id},
                         {"name", prediction.label.name},
                         {"score", prediction.score}});
    }
    told.push_back({{"input", name}, {"classes", std::move(classes)}});
  }
  return told;
}

}  // namespace

int predict(const PredictArguments& arguments, const GlobalArguments& global) {
  if (arguments.prefix.empty() && arguments.top == 0) {
    throw ValueError("Nothing to do: expected -o PREFIX, --top K, or both");
  }
  const bool images = are_images(arguments.inputs);
  std::optional<std::vector<ClassName>> names;
  if (!arguments.class_file.empty()) names = read_class_names(arguments.class_file);
  const Model model = read_model(arguments.model);
  const Tensors outputs = images ? predict_images(model, arguments, verbosity(global))
                                 : predict_arrays(model, arguments, verbosity(global));
  if (arguments.top > 0 && outputs.size() != 1) {
    throw ValueError(fmt::format("--top needs a model with one output. This one has {}", outputs.size()));
  }
  if (!names) names = numbered_classes(outputs[0]);
  Json result = Json::object();
  if (!arguments.prefix.empty()) result["outputs"] = write_outputs(outputs, arguments.prefix, global);
  if (arguments.top > 0) result["predictions"] = tell_classes(outputs[0], *names, arguments, images, global);
  if (global.json) say_json(result);
  return kOk;
}

}  // namespace sepal::program
