// Policy packs for the language host, which is older than the engine's way to start them. `engine/install.py` builds
// this file into the host's package, in place of the host's own RunPlugin.
package main

import (
	"errors"
	"os/exec"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// The fields of pulumirpc.RunPluginRequest and pulumirpc.ProgramInfo that the host's package does not know yet.
// https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
const (
	infoField             = 5
	kindField             = 6
	rootDirectoryField    = 1
	programDirectoryField = 2
	optionsField          = 4
)

// RunPlugin serves a policy pack until the engine is done with it, and leaves other plugins to the host's own way.
func (host *pythonLanguageHost) RunPlugin(
	req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	request := fields(req.ProtoReflect().GetUnknown())
	if string(request[kindField]) != "analyzer" {
		return host.runOtherPlugin(req, server)
	}
	info := fields(request[infoField])
	args := append([]string{"-u", "-m", "pulumi.policy"}, req.Args...)
	args = append(args, string(info[programDirectoryField]))

	interpreter, virtualenv := "python3", ""
	if option := text(info[optionsField], "virtualenv"); option != "" {
		virtualenv = option
		if !filepath.IsAbs(virtualenv) {
			virtualenv = filepath.Join(string(info[rootDirectoryField]), virtualenv)
		}
		if !python.IsVirtualEnv(virtualenv) {
			return python.NewVirtualEnvError(option, virtualenv)
		}
		interpreter = python.VirtualEnvCommand(virtualenv, "python").Path
	}
	// The process must end with the engine's request.
	cmd := exec.CommandContext(server.Context(), interpreter, args...)
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = req.Pwd, req.Env, stdout, stderr
	if virtualenv != "" {
		cmd.Env = python.ActivateVirtualEnv(cmd.Env, virtualenv)
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return server.Send(&pulumirpc.RunPluginResponse{
			Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())},
		})
	}
	if err != nil {
		return err
	}
	return closer.Close()
}

// fields has the last value of each length-delimited field of an encoded message.
func fields(message []byte) map[protowire.Number][]byte {
	found := map[protowire.Number][]byte{}
	for len(message) > 0 {
		number, kind, read := protowire.ConsumeTag(message)
		if read < 0 {
			break
		}
		message = message[read:]
		if kind == protowire.BytesType {
			if value, length := protowire.ConsumeBytes(message); length >= 0 {
				found[number] = value
			}
		}
		read = protowire.ConsumeFieldValue(number, kind, message)
		if read < 0 {
			break
		}
		message = message[read:]
	}
	return found
}

// text is a text in an encoded google.protobuf.Struct, empty if it has none.
func text(message []byte, key string) string {
	options := &structpb.Struct{}
	if err := proto.Unmarshal(message, options); err != nil {
		return ""
	}
	return options.GetFields()[key].GetStringValue()
}
