// sepal: looks at Keras models, runs and converts them.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <new>

#include "apps/sepal/inspect.h"
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

CLI::App* add_command(CLI::App& app, const char* name, const char* description, const char* example) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(std::string("Example:\n  ") + example);
  return command;
}

Command add_summary(CLI::App& app, const GlobalArguments& global) {
  static SummaryArguments arguments;
  CLI::App* command = add_command(app, "summary", "Print the table of layers that Keras prints",
                                  "sepal summary model.keras --line-length 100 --expand-nested");
  command->add_option("MODEL", arguments.model, "A .keras, .h5 or .json file")->required();
  command->add_option("--line-length", arguments.options.line_length, "Characters of a line; 0: as Keras")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_flag("--expand-nested", arguments.options.expand_nested, "Also layers of nested models");
  command->add_flag("--show-trainable", arguments.options.show_trainable, "Say which layers learn");
  return {command, [&] { return summary(arguments, global); }};
}

Command add_predict(CLI::App& app, const GlobalArguments& global) {
  static PredictArguments arguments;
  CLI::App* command =
      add_command(app, "predict", "Run a model on arrays and write PREFIX_0.npy, PREFIX_1.npy, ...",
                  "sepal predict model.keras images.npy -o out/logits --batch-size 256");
  command->add_option("MODEL", arguments.model, "A .keras, .h5 or .json file")->required();
  command
      ->add_option("INPUT", arguments.inputs,
                   ".npy files in the order of the model's inputs; of a dictionary, by sorted key")
      ->required();
  command->add_option("-o,--output", arguments.prefix, "Where the outputs go: PREFIX_0.npy, ...")
      ->type_name("PREFIX")
      ->required();
  command->add_option("--batch-size", arguments.batch_size, "Rows in a step")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  return {command, [&] { return predict(arguments, global); }};
}

Command add_resave(CLI::App& app, const GlobalArguments& global) {
  static ResaveArguments arguments;
  CLI::App* command =
      add_command(app, "resave", "Write a model as a file of another kind", "sepal resave old.h5 new.keras");
  command->add_option("IN", arguments.in, "A .keras, .h5 or .json file of any Keras")->required();
  command
      ->add_option("OUT", arguments.out,
                   "A name in .keras, .h5, .hdf5, .weights.h5 (weights alone) or .json (no weights)")
      ->required();
  return {command, [&] { return resave(arguments, global); }};
}

Command add_inspect(CLI::App& app, const GlobalArguments& global) {
  static InspectArguments arguments;
  CLI::App* command =
      add_command(app, "inspect", "Tell what is in a file without making a model of it; report damaged parts",
                  "sepal inspect model.keras");
  command->add_option("FILE", arguments.file, "A .keras, .h5, .weights.h5 or .json file")->required();
  return {command, [&] { return inspect(arguments, global); }};
}

Command add_verify(CLI::App& app, const GlobalArguments& global) {
  static VerifyArguments arguments;
  CLI::App* command = add_command(
      app, "verify", "Compare a model's outputs with expected ones: |got - want| <= atol + rtol*|want|",
      "sepal verify model.keras --inputs x.npy --expected y.npy --rtol 1e-4");
  command->add_option("MODEL", arguments.model, "A .keras, .h5 or .json file")->required();
  command->add_option("--inputs", arguments.inputs, ".npy files in the order of the model's inputs")
      ->required();
  command->add_option("--expected", arguments.expected, ".npy files in the order of its outputs")->required();
  command->add_option("--rtol", arguments.tolerance.rtol, "Allowed difference relative to the expected value")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--atol", arguments.tolerance.atol, "Allowed difference besides")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  return {command, [&] { return verify(arguments, global); }};
}

int fail(const std::exception& error, Status status) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  GlobalArguments global;
  CLI::App app{
      "Looks at Keras models, runs and converts them.\n"
      "Exit status: 0 done, 1 a comparison found a difference, 2 bad input or arguments, 3 a file cannot be\n"
      "read or written.",
      "sepal"};
  app.require_subcommand(1);
  app.fallthrough();  // the options below may also stand after the command
  app.add_option("--threads", global.threads, "Threads; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--json", global.json, "Write JSON to standard output");
  app.footer("Example:\n  sepal summary model.keras\n`sepal COMMAND --help` explains a command.");
  const Command commands[] = {add_summary(app, global), add_predict(app, global), add_resave(app, global),
                              add_inspect(app, global), add_verify(app, global)};
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
