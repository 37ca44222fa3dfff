// Reads requests to Pulumi Cloud, one a line, and says what the types of its own SDK for Go make of them.
//
// A line is {"type": "settings" or "webhook", "body": …}; the answer is the body as the type writes it again, so that
// what the type does not know is missing in it, or {"error": …}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-cloud-sdk/go/apitype"
)

func again(kind string, body []byte) (any, error) {
	if kind == "webhook" {
		var webhook apitype.Webhook
		return &webhook, json.Unmarshal(body, &webhook)
	}
	var settings apitype.DeploymentSettingsRequest
	return &settings, json.Unmarshal(body, &settings)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Type string          `json:"type"`
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			panic(err)
		}
		made, err := again(line.Type, line.Body)
		if err != nil {
			made = map[string]string{"error": err.Error()}
		}
		text, err := json.Marshal(made)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
