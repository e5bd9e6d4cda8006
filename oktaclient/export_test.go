package oktaclient

import "github.com/okta/okta-sdk-golang/v5/okta"

// SDK is the SDK's client as the methods of Org use it.
func (o *Org) SDK() *okta.APIClient { return o.sdk }
