// sepal: looks at Keras models, runs and converts them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <initializer_list>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "apps/sepal/diff.h"
#include "apps/sepal/inspect.h"
#include "apps/sepal/interrupts.h"
#include "apps/sepal/predict.h"
#include "apps/sepal/resave.h"
#include "apps/sepal/summary.h"
#include "apps/sepal/verify.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"

namespace {

using namespace sepal::program;

struct Command {
  CLI::App* app;
  std::function<int()> run;
};

// Accepted before and after the name of a command.
void add_global_options(CLI::App& app, GlobalArguments& global) {
  app.add_option("--threads", global.threads, "Threads; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--json", global.json, "Write JSON to standard output");
}

// The first exit statuses, which depend on the command.
constexpr const char* kEndsDone = "0 done";
constexpr const char* kEndsCompared = "0 the same, 1 a difference";

CLI::App* add_command(CLI::App& app, GlobalArguments& global, const char* name, const char* description,
                      std::initializer_list<const char*> examples, const char* ends = kEndsDone) {
  CLI::App* command = app.add_subcommand(name, description);
  add_global_options(*command, global);
  std::string footer = "Examples:";
  for (const char* example : examples) footer += std::string("\n  ") + example;
  footer += std::string("\nExit status: ") + ends +
            ", 2 bad input or arguments, 3 a file cannot be read or written.";
  command->footer(footer);
  return command;
}

void add_model(CLI::App& command, std::string& model, const char* name = "MODEL") {
  command.add_option(name, model, "A .keras, .h5 or .json file")->required();
}

CLI::Option* add_inputs(CLI::App& command, std::vector<std::string>& inputs) {
  return command.add_option("--inputs", inputs, ".npy files in the order of the model's inputs");
}

// Of comparisons to scale (sepal/saving/compare_models.h).
void add_tolerance(CLI::App& command, std::optional<double>& tolerance, const std::string& of) {
  command
      .add_option(
          "--tolerance", tolerance,
          of + "allowed difference as a share of the largest expected element of an array [1e-05, models in "
               "float16 0.01, in bfloat16 0.05]")
      ->check(CLI::NonNegativeNumber);
}

Command add_summary(CLI::App& app, GlobalArguments& global) {
  static SummaryArguments arguments;
  CLI::App* command =
      add_command(app, global, "summary", "Print the table of layers that Keras prints",
                  {"sepal summary model.keras", "sepal summary model.keras --line-length 100 --expand-nested",
                   "sepal summary old.h5 --json"});
  add_model(*command, arguments.model);
  command->add_option("--line-length", arguments.options.line_length, "Characters of a line; 0: as Keras")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_flag("--expand-nested", arguments.options.expand_nested, "Also layers of nested models");
  command->add_flag("--show-trainable", arguments.options.show_trainable, "Say which layers learn");
  return {command, [&] { return summary(arguments, global); }};
}

Command add_predict(CLI::App& app, GlobalArguments& global) {
  static PredictArguments arguments;
  static std::vector<std::int64_t> size;
  CLI::App* command =
      add_command(app, global, "predict",
                  "Run a model on arrays or pictures; write PREFIX_0.npy, PREFIX_1.npy, ... or name classes",
                  {"sepal predict model.keras x.npy -o out/y --batch-size 256",
                   "sepal predict two_inputs.keras left.npy right.npy -o out/y",
                   "sepal predict mobilenet.h5 cat.jpg dog.png --preprocess tf --top 5 --classes "
                   "imagenet_class_index.json"});
  add_model(*command, arguments.model);
  command
      ->add_option(
          "INPUT", arguments.inputs,
          ".npy files in the order of the model's inputs (of a dictionary: by sorted key), or PNG and JPEG "
          "pictures, one row each")
      ->required();
  command->add_option("-o,--output", arguments.prefix, "Write the outputs to PREFIX_0.npy, ...")
      ->type_name("PREFIX");
  command->add_option("--batch-size", arguments.batch_size, "Rows in a step")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  command
      ->add_option(
          "--preprocess", arguments.preprocess,
          "What is done to pixels: tf, caffe or torch as keras.applications, 0-1 (divide by 255), none")
      ->check(CLI::IsMember({"tf", "caffe", "torch", "0-1", "none"}))
      ->capture_default_str();
  command->add_option("--image-size", size, "Height and width of pictures where the model leaves them open")
      ->expected(2)
      ->type_name("H W")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--interpolation", arguments.images.interpolation, "How pictures are resized")
      ->check(CLI::IsMember({"nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"}))
      ->capture_default_str();
  command->add_option("--top", arguments.top, "Tell the K likeliest classes of each row")
      ->type_name("K")
      ->check(CLI::Range(1, 1'000'000));
  command
      ->add_option("--classes", arguments.class_file,
                   "Their names: a line for each class, or Keras's imagenet_class_index.json")
      ->type_name("FILE")
      ->needs("--top");
  return {command, [&] {
            if (!size.empty()) {
              arguments.images.height = size[0];
              arguments.images.width = size[1];
            }
            return predict(arguments, global);
          }};
}

Command add_resave(CLI::App& app, GlobalArguments& global) {
  static ResaveArguments arguments;
  CLI::App* command =
      add_command(app, global, "resave", "Write a model as a file of another kind",
                  {"sepal resave old.h5 new.keras", "sepal resave model.keras model.weights.h5"});
  command->add_option("IN", arguments.in, "A .keras, .h5 or .json file of any Keras")->required();
  command
      ->add_option("OUT", arguments.out,
                   "A name in .keras, .h5, .hdf5, .weights.h5 (weights alone) or .json (no weights)")
      ->required();
  command
      ->add_option("--for", arguments.reader,
                   "Who is to read a .h5 file: both Keras 3 and tf.keras 2.15 as far as possible, or keras2, "
                   "which then goes on with the optimizer's state")
      ->check(CLI::IsMember({"both", "keras2"}))
      ->capture_default_str();
  return {command, [&] { return resave(arguments, global); }};
}

Command add_inspect(CLI::App& app, GlobalArguments& global) {
  static InspectArguments arguments;
  CLI::App* command = add_command(app, global, "inspect",
                                  "Tell what is in a file without making a model of it; report damaged parts",
                                  {"sepal inspect model.keras", "sepal inspect damaged.h5 --json",
                                   "sepal inspect model.keras --check-finite"});
  command->add_option("FILE", arguments.file, "A .keras, .h5, .weights.h5 or .json file")->required();
  command->add_flag("--check-finite", arguments.check_finite,
                    "Report weights that are NaN or infinite as problems");
  return {command, [&] { return inspect(arguments, global); }};
}

Command add_verify(CLI::App& app, GlobalArguments& global) {
  static VerifyArguments arguments;
  CLI::App* command = add_command(
      app, global, "verify",
      "Check that a model gives the outputs it gave in Keras: those of its self-test (MODEL.selftest.npz, "
      "written by scripts/store_self_test.py), or given arrays",
      {"sepal verify model.keras", "sepal verify model.keras --self-test proof.npz --tolerance 1e-6",
       "sepal verify model.keras --inputs x.npy --expected y.npy --rtol 1e-4"},
      kEndsCompared);
  add_model(*command, arguments.model);
  CLI::Option* self_test =
      command->add_option("--self-test", arguments.self_test, "Another self-test")->type_name("FILE");
  add_tolerance(*command, arguments.self_test_tolerance, "Of a self-test: ");
  add_inputs(*command, arguments.inputs)->excludes(self_test);
  command->add_option("--expected", arguments.expected, ".npy files in the order of its outputs")
      ->excludes(self_test);
  command
      ->add_option("--rtol", arguments.tolerance.rtol,
                   "Of given arrays: |got - want| may be atol + rtol * |want|")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--atol", arguments.tolerance.atol, "See --rtol")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  return {command, [&] { return verify(arguments, global); }};
}

Command add_diff(CLI::App& app, GlobalArguments& global) {
  static DiffArguments arguments;
  CLI::App* command =
      add_command(app, global, "diff",
                  "Compare two models layer by layer, or a model and what Keras computed, and name the first "
                  "layer that differs",
                  {"sepal diff a.keras b.h5", "sepal diff model.keras activations/ --tolerance 1e-4",
                   "sepal diff model.keras activations/ --inputs x.npy --json"},
                  kEndsCompared);
  add_model(*command, arguments.model, "A");
  command
      ->add_option(
          "B", arguments.reference,
          "What is expected of it: a model, or a folder of .npy files or .npz file: input_0, output_0, and "
          "LAYER, MODEL/LAYER in nested models (scripts/store_self_test.py --layers)")
      ->required();
  add_inputs(*command, arguments.inputs);
  add_tolerance(*command, arguments.tolerance, "");
  command->add_option("--seed", arguments.seed, "Of random inputs, used where none are given")
      ->capture_default_str();
  command->add_option("--batch", arguments.batch, "Rows of random inputs")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--size", arguments.size, "Length of axes that the model leaves open, in random inputs")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  return {command, [&] { return diff(arguments, global); }};
}

int fail(const std::exception& error, Status status) {
  say_error(error.what());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  end_on_interrupt();
  GlobalArguments global;
  CLI::App app{
      "Looks at Keras models, runs and converts them.\n"
      "Exit status: 0 done, 1 a comparison found a difference, 2 bad input or arguments, 3 a file cannot be\n"
      "read or written, 130 interrupted (Ctrl-C).",
      "sepal"};
  app.set_version_flag("--version", "sepal " SEPAL_VERSION);
  app.require_subcommand(1);
  add_global_options(app, global);
  app.footer(
      "Example:\n  sepal summary model.keras\n`sepal COMMAND --help` explains a command, with examples.");
  const Command commands[] = {add_summary(app, global), add_predict(app, global), add_resave(app, global),
                              add_inspect(app, global), add_verify(app, global),  add_diff(app, global)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kBadInput;
  }
  try {
    if (global.threads > 0) sepal::set_num_threads(global.threads);
    int status = kOk;
    for (const Command& command : commands) {
      if (*command.app) status = command.run();
    }
    if (std::fflush(stdout) != 0) throw sepal::OSError("standard output cannot be written");
    return status;
  } catch (const sepal::OSError& error) {
    return fail(error, kEnvironment);
  } catch (const std::bad_alloc& error) {
    return fail(error, kEnvironment);
  } catch (const std::exception& error) {
    return fail(error, kBadInput);
  }
}
