#include "sepal/train/callbacks/model_checkpoint.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "sepal/base/error.h"

namespace sepal::callbacks {

SaveFrequency::SaveFrequency(const char* text) {
  if (std::string(text) != "epoch") {
    throw ValueError(
        fmt::format("Unrecognized save_freq: {}. Expected save_freq are 'epoch' or integer values", text));
  }
}

ModelCheckpoint::ModelCheckpoint(ModelCheckpointOptions options)
    : options_(std::move(options)),
      monitor_("ModelCheckpoint", options_.monitor, options_.mode),
      best_(options_.initial_value_threshold) {
  const std::string& path = options_.filepath;
  if (options_.save_weights_only && !path.ends_with(".weights.h5")) {
    throw ValueError(
        fmt::format("When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided "
                    "must end in `.weights.h5`. Received: filepath={}",
                    path));
  }
  if (!options_.save_weights_only && !path.ends_with(".keras") && !path.ends_with(".h5")) {
    throw ValueError(fmt::format("The filepath provided must end in `.keras`. Received: filepath={}", path));
  }
}

void ModelCheckpoint::on_epoch_end(std::int64_t epoch, Logs& logs) {
  epoch_ = epoch;
  if (options_.save_freq.is_epoch()) save(std::nullopt, logs);
}

void ModelCheckpoint::on_train_batch_end(std::int64_t batch, const Logs& logs) {
  if (options_.save_freq.is_epoch() || ++batches_since_saving_ < options_.save_freq.batches()) return;
  batches_since_saving_ = 0;
  save(batch, logs);
}

std::string ModelCheckpoint::path(std::optional<std::int64_t> batch, const Logs& logs) const {
  fmt::dynamic_format_arg_store<fmt::format_context> names;
  names.push_back(fmt::arg("epoch", epoch_ + 1));
  if (batch) names.push_back(fmt::arg("batch", *batch + 1));
  for (const auto& [name, value] : logs) names.push_back(fmt::arg(name.c_str(), value));
  try {
    return fmt::vformat(options_.filepath, names);
  } catch (const fmt::format_error& e) {
    throw ValueError(fmt::format("Failed to format this callback filepath: \"{}\". Reason: {}. Available: {}",
                                 options_.filepath, e.what(), names_of(logs)));
  }
}

bool ModelCheckpoint::should_save(const Logs& logs, const std::string& path) {
  const auto say = [&](const std::string& what) {
    if (options_.verbose > 0) std::cout << fmt::format("\nEpoch {}: {}\n", epoch_ + 1, what);
  };
  const double* current = options_.save_best_only ? monitor_.value(logs) : nullptr;
  if (current == nullptr) {
    say("saving model to " + path);
    return true;
  }
  const std::string best = best_ ? fmt::format("{:.5f}", *best_) : "None";
  if (!monitor_.is_improvement(*current, best_, host())) {
    say(fmt::format("{} did not improve from {}", options_.monitor, best));
    return false;
  }
  say(fmt::format("{} improved from {} to {:.5f}, saving model to {}", options_.monitor, best, *current,
                  path));
  best_ = *current;
  return true;
}

void ModelCheckpoint::save(std::optional<std::int64_t> batch, const Logs& logs) {
  const std::string target = path(batch, logs);
  if (!should_save(logs, target)) return;
  if (std::filesystem::is_directory(target)) {
    throw OSError(
        fmt::format("Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an "
                    "existing directory: {}",
                    target));
  }
  const std::filesystem::path folder = std::filesystem::path(target).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error)
    throw OSError(fmt::format("Cannot create the folder '{}': {}", folder.string(), error.message()));
  if (options_.save_weights_only) {
    host().save_weights_to(target);
  } else {
    host().save_to(target);
  }
}

}  // namespace sepal::callbacks
