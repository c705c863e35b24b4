#include "apps/sepal/resave.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>

#include "apps/sepal/interrupts.h"
#include "apps/sepal/model_file.h"
#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/saving/save_model.h"

namespace sepal::program {
namespace {

using Write = std::function<void(const ModelBase& model, const std::string& path)>;

// Known before the model is read, which may take long.
Write writer_for(const std::string& path, SaveOptions options) {
  if (path.ends_with(".json")) {
    return [](const ModelBase& model, const std::string& out) {
      const std::string text = model.to_json();
      write_file(out, std::as_bytes(std::span(text)));
    };
  }
  if (path.ends_with(".weights.h5")) {
    return [](const ModelBase& model, const std::string& out) { model.save_weights(out); };
  }
  if (path.ends_with(".keras") || path.ends_with(".h5") || path.ends_with(".hdf5")) {
    return [=](const ModelBase& model, const std::string& out) { save_model(model, out, options); };
  }
  throw ValueError(
      fmt::format("OUT must end in .keras, .h5, .hdf5, .weights.h5 or .json. Received: '{}'", path));
}

}  // namespace

int resave(const ResaveArguments& arguments, const GlobalArguments& global) {
  const SaveOptions options{arguments.reader == "keras2" ? LegacyReader::keras2 : LegacyReader::both};
  const Write write = writer_for(arguments.out, options);
  const Model model = read_model(arguments.in, Compile::as_saved);
  {
    const HoldsInterrupts holds_interrupts;
    write(*model, arguments.out);
  }
  const std::uintmax_t bytes = std::filesystem::file_size(arguments.out);
  if (global.json) {
    say_json({{"file", arguments.out}, {"bytes", bytes}});
  } else {
    say(fmt::format("{}: {} bytes\n", arguments.out, bytes));
  }
  return kOk;
}

}  // namespace sepal::program
